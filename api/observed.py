"""Every request seen from outside: its id, its one log line, its metrics. It does not know any route.

It surrounds everything else, so that unknown paths, wrong methods and refusals are seen as well. What it costs is paid
by every request, also by one that is answered out of memory: labels are looked up once, and lines are not rendered.
"""

import re
import secrets
from functools import lru_cache
from itertools import count
from time import perf_counter

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram

from api.at_once import Reply, at_once_of
from api.request_lines import write_request_line
from lib.logs import request_id as current_request_id
from lib.metrics import ANSWERS_KEPT, HTTP_REQUESTS, HTTP_SECONDS, HTTP_UNDER_WAY
from lib.trace_ids import Parent, parent_in
from lib.tracing import spans

REQUEST_ID_HEADER = b"x-request-id"
TRACEPARENT = b"traceparent"
# in the state of a request whose answer has no end
STREAMED = "streamed"

_USABLE_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
_QUIET = re.compile(r"(/api/v1)?/(health(/live|/ready)?|metrics)")
# a label never holds what a client chose, and a method may be any word
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

# odd, so that no two numbers become the same; whoever keeps a part of all traces looks at these digits
_SPREAD, _DIGITS = 0x9E3779B97F4A7C15, 0xFFFFFFFFFFFFFFFF


class Observed:
    """An ASGI callable around `app` that takes the id of the trace in `traceparent`, or else X-Request-ID, from the
    client, or makes one, and hands it back as X-Request-ID. /health and /metrics log at debug, and have no span.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.inner_at_once = at_once_of(app)
        self._under_way = 0
        # unique, and cheaper than to ask the kernel for each
        self._instance, self._count = secrets.token_hex(8).encode(), count(1)
        HTTP_UNDER_WAY.set_function(lambda: self._under_way)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        request_id = self._request_id(scope)
        text = request_id.decode()
        scope.setdefault("state", {})["request_id"] = text
        header = (REQUEST_ID_HEADER, request_id)
        status = 0
        is_measured = False

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if STREAMED in scope["state"]:
                    answered()
                message["headers"] = [*message["headers"], header]
            await send(message)

        def answered() -> None:
            """It is measured, once: a stream when it begins, everything else at its end."""
            nonlocal is_measured
            is_measured = True
            self._under_way -= 1
            _measure(scope, status, perf_counter() - begun)

        begun = perf_counter()
        self._under_way += 1
        token = current_request_id.set(text)
        written = spans()
        span = None
        if written is not None and _QUIET.fullmatch(scope["path"]) is None:
            span = written.begin("request", _parent(scope))
        try:
            await self._app(scope, receive, sending)
        finally:
            if written is not None and span is not None:
                written.end(span, _span_name(scope), _about(scope, status), failed=status >= 500)
            current_request_id.reset(token)
            if not is_measured:
                answered()
            _tell(scope, text, status, perf_counter() - begun)

    def at_once(self, scope: HTTPScope) -> Reply | None:
        """What is sent at once, measured and told of. Whoever wants spans gives the speed of this up."""
        if spans() is not None:
            return None
        begun = perf_counter()
        reply = self.inner_at_once(scope)
        if reply is None:
            return None
        request_id = self._request_id(scope)
        reply.headers.append((REQUEST_ID_HEADER, request_id))
        ANSWERS_KEPT.inc()
        scope["path_template"] = reply.route
        seconds = perf_counter() - begun
        _measure(scope, reply.status, seconds)
        _tell(scope, request_id.decode(), reply.status, seconds)
        return reply

    def _request_id(self, scope: Scope) -> bytes:
        given = None
        for name, value in scope["headers"]:
            if name == TRACEPARENT:
                parent = parent_in(value)
                if parent is not None:
                    return parent.trace_id.encode()
            elif name == REQUEST_ID_HEADER and _USABLE_ID.fullmatch(value):
                given = value
        return given or b"%s%016x" % (self._instance, next(self._count) * _SPREAD & _DIGITS)


def _parent(scope: Scope) -> Parent | None:
    found = (parent_in(value) for name, value in scope["headers"] if name == TRACEPARENT)
    return next(filter(None, found), None)


def _span_name(scope: Scope) -> str:
    method = str(scope.get("method", ""))
    return f"{method if method in _METHODS else 'other'} {scope.get('path_template') or 'unmatched'}"


def _about(scope: Scope, status: int) -> dict[str, str | int]:
    route = str(scope.get("path_template") or "unmatched")
    return {
        "http.request.method": str(scope.get("method", "")),
        "http.route": route,
        "http.response.status_code": status,
        "insitechart.request_id": str(scope["state"]["request_id"]),
    }


def _measure(scope: Scope, status: int, seconds: float) -> None:
    route = str(scope.get("path_template") or "unmatched")
    method = str(scope.get("method", ""))
    requests, durations = _collectors(method if method in _METHODS else "other", route, status)
    requests.inc()
    durations.observe(seconds)


def _tell(scope: Scope, request_id: str, status: int, seconds: float) -> None:
    route = str(scope.get("path_template") or "unmatched")
    method, path = str(scope.get("method", "")), scope["path"]
    write_request_line(
        method=method,
        path=path,
        route=route,
        status=status,
        duration_ms=round(seconds * 1000, 2),
        request_id=request_id,
        quiet=_QUIET.fullmatch(path) is not None,
    )


@lru_cache(maxsize=4096)
def _collectors(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return HTTP_REQUESTS.labels(method, route, status), HTTP_SECONDS.labels(method, route)
