"""The application with every request seen from outside: its id, its one log line, its metrics. It does not know any
route.

It surrounds routing, so that unknown paths and wrong methods are seen as well; middleware would begin too late.
"""

import re
import uuid
from time import perf_counter
from typing import TYPE_CHECKING, cast

import structlog
from litestar import Litestar
from litestar.enums import ScopeType

from lib.logs import get_logger
from lib.metrics import HTTP_REQUESTS, HTTP_SECONDS, HTTP_UNDER_WAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from litestar.types import LifeSpanReceive, LifeSpanScope, LifeSpanSend, Message, Receive, Scope, Send

log = get_logger(__name__)

REQUEST_ID_HEADER = b"x-request-id"

_USABLE_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
_QUIET = re.compile(r"(/api/v1)?/(health(/live|/ready)?|metrics)")


class ObservedLitestar(Litestar):
    """Litestar that takes X-Request-ID from the client, or makes one, and hands it back; /health and /metrics log at
    debug.
    """

    async def __call__(
        self,
        scope: "Scope | LifeSpanScope",
        receive: "Receive | LifeSpanReceive",
        send: "Send | LifeSpanSend",
    ) -> None:
        if scope["type"] == ScopeType.HTTP:
            await self._observe(cast("Scope", scope), cast("Receive", receive), cast("Send", send))
        else:
            await super().__call__(scope, receive, send)

    async def _observe(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        given = next((value for name, value in scope["headers"] if name == REQUEST_ID_HEADER), b"")
        request_id = given if _USABLE_ID.fullmatch(given) else uuid.uuid4().hex.encode()
        scope.setdefault("state", {})["request_id"] = request_id.decode()
        status = 0

        async def sending(message: "Message") -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if _is_stream(message["headers"]):
                    answered()
                message["headers"] = [*message["headers"], (REQUEST_ID_HEADER, request_id)]
            await send(message)

        begun = perf_counter()
        method, path = str(scope.get("method", "")), scope["path"]
        is_answered = False

        def answered() -> None:
            """Counts and measures it, once: a stream when it begins, everything else at its end."""
            nonlocal is_answered
            if not is_answered:
                is_answered = True
                route = scope.get("path_template") or "unmatched"
                HTTP_UNDER_WAY.dec()
                HTTP_REQUESTS.labels(method, route, status).inc()
                HTTP_SECONDS.labels(method, route).observe(perf_counter() - begun)

        HTTP_UNDER_WAY.inc()
        with structlog.contextvars.bound_contextvars(request_id=request_id.decode()):
            try:
                await super().__call__(scope, receive, sending)
            finally:
                answered()
                seconds = perf_counter() - begun
                route = scope.get("path_template") or "unmatched"
                line = log.debug if _QUIET.fullmatch(path) else log.info
                line("request", method=method, path=path, route=route, status=status, ms=round(seconds * 1000, 2))


def _is_stream(headers: "Iterable[tuple[bytes, bytes]]") -> bool:
    return any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in headers)
