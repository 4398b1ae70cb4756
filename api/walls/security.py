"""Headers that tell browsers what an answer is not: a page to frame, a script, a thing of another site. It knows no
route.
"""

from collections.abc import Iterable
from functools import lru_cache

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
_TLS = (*_PLAIN, _STRICT_TRANSPORT)


def security_beside(headers: Iterable[tuple[bytes, bytes]], *, secure: bool) -> tuple[tuple[bytes, bytes], ...]:
    """What browsers are to be told beside `headers`: what a route says itself stays as it is. `secure`: it came by
    TLS.
    """
    return _missing(tuple([name for name, _ in headers]), secure)


@lru_cache(maxsize=1024)
def _missing(names: tuple[bytes, ...], secure: bool) -> tuple[tuple[bytes, bytes], ...]:
    own = {name.lower() for name in names}
    return tuple(header for header in (_TLS if secure else _PLAIN) if header[0] not in own)
