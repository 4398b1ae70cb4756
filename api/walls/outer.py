"""The walls around everything, in one pass over each request: who really asks, under which name, with what head and how
large a body, from where, and for how long. It does not know any route but the probes' and the operators'.
"""

import asyncio
import re
from dataclasses import dataclass, field
from functools import lru_cache
from time import monotonic
from typing import Any, NamedTuple

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from api.at_once import Reply, at_once_of
from api.walls.bodies import BODY_BYTES, BODY_S, BoundedBody, check_length
from api.walls.cors import Cors
from api.walls.heads import check_headers, check_target
from api.walls.hosts import AllowedHosts
from api.walls.proxies import Origin, true_origin
from api.walls.refusals import Refused, answer_refused
from api.walls.security import security_beside
from api.walls.times import Running, TimeLimits
from lib.domain.networks import Networks
from lib.logs import get_logger

log = get_logger(__name__)

ABORT = "insitechart.abort"

_PROBES = re.compile(r"(?:/api/v1)?/(?:health(?:/live|/ready)?|metrics)")
# whatever begins like it, for a router forgives a slash at the end
_GUARDED = re.compile(r"(?:/api/v1)?/(?:metrics|operations)\b")
_HANDED_ON = frozenset({b"x-forwarded-for", b"x-forwarded-proto", b"forwarded", b"x-real-ip"})

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


class _Place(NamedTuple):
    """What a path is to the walls: one that probes ask for, one that is for operators."""

    probe: bool
    guarded: bool


@lru_cache(maxsize=8192)
def _place(path: str) -> _Place:
    return _Place(_PROBES.fullmatch(path) is not None, _GUARDED.match(path) is not None)


class OuterWalls:
    """Refuses with a problem, or hands on a request whose `client` and `scheme` are the true ones."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app = app
        self.inner_at_once = at_once_of(app)
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        # of a header that is given twice this has the last; those that matter may stand once
        head = dict(scope["headers"])
        strange = self._is_strange(scope, head)
        has_body = _has_body(head)
        times = self._rules.times
        extensions: dict[str, Any] = scope.get("extensions") or {}
        running = times.enter(extensions.get(ABORT))
        answer = self._dressed(scope, head, send, running)
        try:
            refused = self._refused(scope, head, strange=strange)
            if refused is not None:
                await answer_refused(scope, answer, refused, close=has_body)
            elif b"access-control-request-method" in head and self._is_preflight(scope, head):
                await self._rules.cors.answer_preflight(scope, answer, head[b"origin"])
            else:
                if has_body:
                    receive = BoundedBody(receive, self._rules.body_bytes, self._rules.body_s)
                await self._app(scope, receive, answer)
        except asyncio.CancelledError:
            if not running.expired:
                raise
            await self._expired(scope, running, answer)
        finally:
            times.leave(running)

    def at_once(self, scope: HTTPScope) -> Reply | None:
        """What is sent at once. Without an answer `scope` is as it was."""
        head = dict(scope["headers"])
        if _has_body(head):
            return None
        peer = scope["client"], scope["scheme"]
        strange = self._is_strange(scope, head)
        reply = self.inner_at_once(scope) if self._refused(scope, head, strange=strange) is None else None
        if reply is None:
            scope["client"], scope["scheme"] = peer
            return None
        self._dress(reply.headers, secure=scope["scheme"] == "https", origin=self._origin_in(head))
        return reply

    def _is_strange(self, scope: HTTPScope, head: dict[bytes, bytes]) -> bool:
        """What came from somewhere else is not from the network of whoever hands it on."""
        return not _HANDED_ON.isdisjoint(head) and not self._find_origin(scope)

    def _find_origin(self, scope: HTTPScope) -> bool:
        """Puts who really asks into `scope`; False where whoever handed the request on is not believed, or does not say
        for whom.
        """
        client = scope["client"]
        peer = Origin(client[0] if client else None, scope["scheme"])
        if not self._rules.trusted.hold(peer.address):
            return False
        hops = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        schemes = [value for name, value in scope["headers"] if name == b"x-forwarded-proto"]
        found = true_origin(peer, hops, schemes, self._rules.trusted)
        if found != peer:
            scope["client"] = (found.address, 0) if found.address else None
            scope["scheme"] = found.scheme
        return bool(hops)

    def _refused(self, scope: HTTPScope, head: dict[bytes, bytes], *, strange: bool) -> Refused | None:
        path = scope["path"]
        # some servers leave the query in it
        raw_path = (scope.get("raw_path") or path.encode()).partition(b"?")[0]
        headers: Any = scope["headers"]
        wrong = check_target(raw_path, path, scope["query_string"]) or check_headers(headers, head)
        if wrong is None and b"content-length" in head:
            wrong = check_length(head[b"content-length"], self._rules.body_bytes)
        if wrong is not None:
            return wrong
        place = _place(path)
        host = head.get(b"host")
        # probes come by address, some of them without any name
        if not (place.probe if host is None else self._rules.hosts.allows(host, place.probe)):
            return _WRONG_HOST
        if place.guarded:
            client = scope["client"]
            if strange or not self._rules.operators.hold(client[0] if client else None):
                return _NOT_FROM_HERE
        return None

    def _is_preflight(self, scope: HTTPScope, head: dict[bytes, bytes]) -> bool:
        return scope["method"] == "OPTIONS" and b"origin" in head and self._rules.cors.allows(head[b"origin"])

    def _dressed(self, scope: HTTPScope, head: dict[bytes, bytes], send: Send, running: Running) -> Send:
        secure, origin, times = scope["scheme"] == "https", self._origin_in(head), self._rules.times

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"]]
                self._dress(headers, secure=secure, origin=origin)
                message["headers"] = headers
                running.begun = True
            running.until = monotonic() + times.stall_s
            await send(message)
            running.until = 0.0

        return dressed

    def _origin_in(self, head: dict[bytes, bytes]) -> bytes | None:
        """The page that asks, empty where no page does; None where that makes no difference."""
        return None if self._rules.cors.off else head.get(b"origin", b"")

    def _dress(self, headers: list[tuple[bytes, bytes]], *, secure: bool, origin: bytes | None) -> None:
        headers += security_beside(headers, secure=secure)
        if origin is not None:
            headers += self._rules.cors.headers_for(origin)

    async def _expired(self, scope: HTTPScope, running: Running, send: Send) -> None:
        running.task.uncancel()
        log.warning("request cut", path=scope["path"], begun=running.begun)
        if not running.begun:
            await answer_refused(scope, send, _TOOK_TOO_LONG, close=True)


def _has_body(head: dict[bytes, bytes]) -> bool:
    return b"content-length" in head or b"transfer-encoding" in head
