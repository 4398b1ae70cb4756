"""The walls around everything, in one pass over each request: who really asks, under which name, with what head and how
large a body, from where, and for how long. It does not know any route but the probes' and the operators'.
"""

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from api.walls.bodies import BODY_BYTES, BODY_S, BoundedBody, check_length
from api.walls.cors import Cors
from api.walls.heads import check_headers, check_target
from api.walls.hosts import AllowedHosts
from api.walls.proxies import Origin, true_origin
from api.walls.refusals import Refused, answer_refused
from api.walls.security import with_security
from api.walls.times import Running, TimeLimits
from lib.domain.networks import Networks
from lib.logs import get_logger

log = get_logger(__name__)

ABORT = "insitechart.abort"

_PROBES = re.compile(r"(?:/api/v1)?/(?:health(?:/live|/ready)?|metrics)")
_GUARDED = re.compile(r"(?:/api/v1)?/(?:metrics$|operations(?:/|$))")

_NOT_FROM_HERE = Refused(
    403,
    "not-from-here",
    "This path does not answer to your address.",
    hint="An operator may add it to INSITECHART_OPERATIONS_FROM.",
)
_WRONG_HOST = Refused(
    400,
    "unknown-host",
    "The API does not answer to this Host.",
    hint="An operator may add the name to INSITECHART_ALLOWED_HOSTS.",
)
_TOOK_TOO_LONG = Refused(
    503,
    "took-too-long",
    "The answer was not ready in time.",
    hint="Ask for less at once, or try again shortly.",
    headers=[(b"retry-after", b"5")],
)


@dataclass(frozen=True)
class Rules:
    """What the walls hold to."""

    hosts: AllowedHosts = field(default_factory=lambda: AllowedHosts(()))
    trusted: Networks = field(default_factory=lambda: Networks(()))
    operators: Networks = field(default_factory=lambda: Networks(("*",)))
    cors: Cors = field(default_factory=lambda: Cors(()))
    body_bytes: int = BODY_BYTES
    body_s: float = BODY_S
    times: TimeLimits = field(default_factory=TimeLimits)


class _Head:
    """What of a request's headers the walls look at."""

    __slots__ = ("chunked", "forwarded_for", "forwarded_proto", "host", "length", "origin", "preflight")

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.host: bytes | None = None
        self.origin: bytes | None = None
        self.length: bytes | None = None
        self.chunked = self.preflight = False
        self.forwarded_for: list[bytes] = []
        self.forwarded_proto: list[bytes] = []
        for name, value in headers:
            match name:
                case b"host":
                    self.host = value
                case b"origin":
                    self.origin = value
                case b"content-length":
                    self.length = value
                case b"transfer-encoding":
                    self.chunked = True
                case b"access-control-request-method":
                    self.preflight = True
                case b"x-forwarded-for":
                    self.forwarded_for.append(value)
                case b"x-forwarded-proto":
                    self.forwarded_proto.append(value)


class OuterWalls:
    """Refuses with a problem, or hands on a request whose `client` and `scheme` are the true ones."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        http = scope
        head = _Head(http["headers"])
        self._find_origin(http, head)
        answer = self._dressed(http, head, send)
        refused = self._refused(http, head)
        if refused is not None:
            await answer_refused(scope, answer, refused, close=bool(head.length or head.chunked))
        elif head.preflight and head.origin and http["method"] == "OPTIONS" and self._rules.cors.allows(head.origin):
            await self._rules.cors.answer_preflight(scope, answer, head.origin)
        else:
            if head.length or head.chunked:
                receive = BoundedBody(receive, self._rules.body_bytes, self._rules.body_s)
            await self._in_time(http, receive, answer)

    def _find_origin(self, scope: HTTPScope, head: _Head) -> None:
        if not self._rules.trusted:
            return
        client = scope["client"]
        peer = Origin(client[0] if client else None, scope["scheme"])
        found = true_origin(peer, head.forwarded_for, head.forwarded_proto, self._rules.trusted)
        if found != peer:
            scope["client"] = (found.address, 0) if found.address else None
            scope["scheme"] = found.scheme

    def _refused(self, scope: HTTPScope, head: _Head) -> Refused | None:
        path = scope["path"]
        # some servers leave the query in it
        raw_path = (scope.get("raw_path") or path.encode()).partition(b"?")[0]
        wrong = check_target(raw_path, path, scope["query_string"])
        wrong = wrong or check_headers(scope["headers"])  # type: ignore[arg-type]
        if wrong is None and head.length is not None:
            wrong = check_length(head.length, self._rules.body_bytes)
        if wrong is not None:
            return wrong
        if not self._host_is_ours(head.host, path):
            return _WRONG_HOST
        if _GUARDED.match(path):
            client = scope["client"]
            if not self._rules.operators.hold(client[0] if client else None):
                return _NOT_FROM_HERE
        return None

    def _host_is_ours(self, host: bytes | None, path: str) -> bool:
        # probes come by address, some of them without any name
        probe = bool(_PROBES.fullmatch(path))
        if host is None:
            return probe
        return self._rules.hosts.allows(host, address_will_do=probe)

    def _dressed(self, scope: HTTPScope, head: _Head, send: Send) -> Send:
        secure, cors, origin = scope["scheme"] == "https", self._rules.cors, head.origin

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = with_security(list(message["headers"]), secure=secure)
                if origin is not None and not cors.off:
                    headers += cors.headers_for(origin)
                message["headers"] = headers
            await send(message)

        return dressed

    async def _in_time(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        times = self._rules.times
        extensions: dict[str, Any] = scope.get("extensions") or {}
        abort: Callable[[], None] | None = extensions.get(ABORT)
        running = times.enter(abort)

        async def timed(message: Message) -> None:
            running.begun = True
            running.until = monotonic() + times.stall_s
            await send(message)
            running.until = 0.0

        try:
            await self._app(scope, receive, timed)
        except asyncio.CancelledError:
            if not running.expired:
                raise
            await self._expired(scope, running, send)
        finally:
            times.leave(running)

    async def _expired(self, scope: HTTPScope, running: Running, send: Send) -> None:
        running.task.uncancel()
        log.warning("request cut", path=scope["path"], begun=running.begun)
        if not running.begun:
            await answer_refused(scope, send, _TOOK_TOO_LONG, close=True)
