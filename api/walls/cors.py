"""Pages of other origins: which of them browsers let read our answers. It does not know any route.

Credentials travel in the Authorization header, which a page sets by itself. So no answer ever says that browsers may
send cookies along, and a wildcard cannot be combined with them.
"""

from collections.abc import Iterable

from litestar.types import Scope, Send

Headers = list[tuple[bytes, bytes]]

_EXPOSED = b"ETag, Link, Retry-After, RateLimit, RateLimit-Policy, X-Request-ID, Deprecation, Sunset"
_METHODS = b"GET, POST, PUT, PATCH, DELETE"
_REQUESTED = b"Accept, Authorization, Content-Type, If-None-Match, Last-Event-ID, X-API-Key, X-Request-ID"
_PREFLIGHT_S = b"600"


class Cors:
    """Allows the pages of `origins` (`https://app.example.com`; `*`: any page), and of no other."""

    def __init__(self, origins: Iterable[str]) -> None:
        named = frozenset(origin.rstrip("/").lower().encode() for origin in origins)
        self._any = b"*" in named
        self._origins = named
        self.off = not named

    def headers_for(self, origin: bytes) -> Headers:
        """What is added to the answer for a page of `origin`; it is empty where nobody said so: what is kept of that
        answer is not for a page.
        """
        if self._any:
            return [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", _EXPOSED)]
        varies = (b"vary", b"Origin")
        if origin.lower() not in self._origins:
            return [varies]
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", _EXPOSED),
            varies,
        ]

    def allows(self, origin: bytes) -> bool:
        """Whether pages of `origin` may read."""
        return self._any or origin.lower() in self._origins

    async def answer_preflight(self, scope: Scope, send: Send, origin: bytes) -> None:
        """Tells the browser of an allowed page what it may send."""
        headers = [
            *self.headers_for(origin),
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", _REQUESTED),
            (b"access-control-max-age", _PREFLIGHT_S),
            (b"content-length", b"0"),
        ]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
