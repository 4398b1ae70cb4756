"""Headers that tell browsers what an answer is not: a page to frame, a script, a thing of another site. It knows no
route.
"""

_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_REFERRER = (b"referrer-policy", b"no-referrer")

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_PLAIN = (_POLICY, _REFERRER, *_ALWAYS)
_NAMES = frozenset(name for name, _ in _PLAIN)


def with_security(headers: list[tuple[bytes, bytes]], *, secure: bool) -> list[tuple[bytes, bytes]]:
    """`headers` and what browsers are to be told; what a route says itself stays as it is. `secure`: it came by TLS."""
    own = {name.lower() for name, _ in headers} & _NAMES
    added = [header for header in _PLAIN if header[0] not in own] if own else _PLAIN
    return [*headers, *added, _STRICT_TRANSPORT] if secure else [*headers, *added]
