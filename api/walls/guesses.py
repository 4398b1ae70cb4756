"""Guessing of credentials: who is told 401 again and again is not heard for a while. It does not know what credentials
look like.

It stands before whoever looks at credentials, so that guessing costs neither a lookup nor a hash.
"""

from collections.abc import Iterable
from math import ceil

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from api.at_once import Reply, at_once_of
from api.walls.refusals import Refused, answer_refused
from lib.cache.limits import Budget, MemoryLimits, Take
from lib.domain.networks import one_client

_CARRIERS = frozenset({b"authorization", b"x-api-key"})


class Guesses:
    """At most `quota` refused credentials a minute from one address, counted by each process; 0 is no limit."""

    def __init__(self, app: ASGIApp, quota: int) -> None:
        self._app = app
        self.inner_at_once = at_once_of(app)
        self._limits = MemoryLimits()
        self._budget = Budget("address-refusals", quota) if quota else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        budget = self._budget
        if budget is None or scope["type"] != ScopeType.HTTP or not carries_credentials(scope["headers"]):
            await self._app(scope, receive, send)
            return
        client = scope["client"]
        wanted = [Take(one_client(client[0] if client else ""), budget)]
        known = self._limits.look(wanted)
        if not known.allowed:
            await answer_refused(scope, send, _refusal(ceil(known.retry_s)))
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 401:
                self._limits.take_now(wanted)
            await send(message)

        await self._app(scope, receive, counted)

    def at_once(self, scope: HTTPScope) -> Reply | None:
        """What is sent at once, to those who do not say who they are."""
        return None if carries_credentials(scope["headers"]) else self.inner_at_once(scope)


def carries_credentials(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether any of these raw headers may hold a token or a key."""
    return not _CARRIERS.isdisjoint(dict(headers))


def _refusal(seconds: int) -> Refused:
    return Refused(
        429,
        "too-many-refusals",
        "Too many wrong credentials came from this address.",
        hint=f"Correct them, and try again in {max(seconds, 1)} s.",
        headers=[(b"retry-after", str(max(seconds, 1)).encode())],
    )
