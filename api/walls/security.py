"""Headers that tell browsers what an answer is not: a page to frame, a script, a thing of another site. It knows no
route.
"""

from collections.abc import Iterable

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


def with_security(headers: Iterable[tuple[bytes, bytes]], *, secure: bool) -> list[tuple[bytes, bytes]]:
    """`headers` and what browsers are to be told; what a route says itself stays as it is. `secure`: it came by TLS."""
    dressed = [*headers, *_PLAIN]
    if len(dressed) != len({name.lower() for name, _ in dressed}):
        own = {name.lower() for name, _ in headers}
        dressed = [*headers, *(header for header in _PLAIN if header[0] not in own)]
    if secure:
        dressed.append(_STRICT_TRANSPORT)
    return dressed
