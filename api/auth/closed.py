"""Keeps stocks and sentiment to those who are known, where an installation is not open (INSITECHART_PUBLIC_READS).

It stands in front of the answers that are kept ready, which are computed for nobody in particular; so a guard on the
routes, which would refuse nobody in particular, only declares. Whatever path under the API is not known to be open, or
to have guards that hold, is closed. And it takes care that nobody between here and the client keeps answers for others.
"""

import re
from typing import Any

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api.auth.guards import Needs, check
from api.auth.identify import UNPROVEN
from api.auth.refusing import answer_refusal
from lib.errors import Forbidden, Unauthorized

_API = re.compile(r"/+api/+v1(/.*)?", re.IGNORECASE | re.DOTALL)
_GUARDED = re.compile(r"/api/v1/(users|operations)(/.*)?", re.DOTALL)
_VARY = (b"vary", b"Authorization, X-API-Key")


class DeclaresRead(Needs):
    """On a route it says what this wall sees to, and lets everyone through."""

    def __init__(self) -> None:
        super().__init__("user", "read")

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Nothing is left to be checked."""


class ClosedReads:
    """Lets through who has the scope `read`. Raises nothing: a refusal is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != ScopeType.HTTP or not _is_closed(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            check(scope, "user", "read")
        except (Unauthorized, Forbidden) as error:
            await answer_refusal(error, scope, receive, send)
            return

        async def private(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*(_private(name, value) for name, value in message["headers"]), _VARY]
            await send(message)

        await self._app(scope, receive, private)


def _is_closed(path: str) -> bool:
    return path not in UNPROVEN and bool(_API.fullmatch(path)) and not _GUARDED.fullmatch(path)


def _private(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name.lower() != b"cache-control" or b"no-store" in value:
        return name, value
    words = [word.strip() for word in value.split(b",")]
    return name, b", ".join([b"private", *(word for word in words if word not in (b"public", b"private"))])
