"""Rate limits: which budget a request draws from, whose it is, and what the answer says of it. It does not know how
permissions are kept.

Who has proved who they are is counted as that user, and each API key may take its share of the user's budget; everyone
else counts by address. Refreshed tokens have a budget of their own: they cost no password check, and many people behind
one address stay logged in. Fields as in draft-ietf-httpapi-ratelimit-headers, in its form of two fields.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import ceil
from typing import Literal, NamedTuple

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from api.at_once import Reply, at_once_of
from api.walls.refusals import Refused, answer_refused
from lib.cache.limits import Budget, Limits, MemoryLimits, Take, Verdict
from lib.domain.networks import one_client
from lib.domain.users import Principal
from lib.metrics import RATE_LIMITED

Kind = Literal["reads", "writes", "analyze", "logins", "refreshes"]

_READING = ("GET", "HEAD", "OPTIONS")
_FREE = frozenset(
    f"{prefix}/{path}" for prefix in ("", "/api/v1") for path in ("health", "health/live", "health/ready", "metrics")
)
_ANALYZE = "/api/v1/sentiment/analyze"
_USERS = "/api/v1/users"
_TOKENS = "/api/v1/users/token"
_REFRESH = "/api/v1/users/token/refresh"
# how one becomes known, or stays so: counted by address, whoever is known
_BECOMING: Sequence[Kind] = ("logins", "refreshes")


class Budgets(NamedTuple):
    """Permissions a minute, by kind: of an address, of a user, and how much of it one key may have. None: no limit."""

    address: dict[Kind, Budget | None]
    user: dict[Kind, Budget | None]
    key: dict[Kind, Budget | None]


def budgets(*, anonymous: dict[Kind, int], user: dict[Kind, int], key_percent: int) -> Budgets:
    """Budgets of so many a minute each; 0 is no limit."""
    return Budgets(
        {kind: _budget(f"address-{kind}", quota) for kind, quota in anonymous.items()},
        {kind: _budget(f"user-{kind}", quota) for kind, quota in user.items()},
        {kind: _budget(f"key-{kind}", ceil(quota * key_percent / 100)) for kind, quota in user.items()},
    )


def kind_of(method: str, path: str, *, known: bool) -> Kind | None:
    """What kind of request this is; None for what is not counted. `known`: it proved who it is."""
    # a router forgives a slash at the end, and a budget must not
    path = path.rstrip("/")
    if path in _FREE:
        return None
    if method in _READING:
        return "reads"
    if path == _ANALYZE:
        return "analyze"
    if path == _REFRESH:
        return "refreshes"
    if path.startswith(_TOKENS) or (not known and path.startswith(_USERS)):
        return "logins"
    return "writes"


@lru_cache(maxsize=16384)
def _kind(method: str, path: str, known: bool) -> Kind | None:
    return kind_of(method, path, known=known)


class RateLimits:
    """Lets through what its budget holds, and answers the rest with 429. With limits in memory nothing waits."""

    def __init__(self, app: ASGIApp, budgets: Budgets, limits: Callable[[], Limits]) -> None:
        self._app = app
        self.inner_at_once = at_once_of(app)
        self._budgets = budgets
        # asked each time: what is shared can only be opened once the application runs
        self._limits = limits
        self._wanted = lru_cache(maxsize=16384)(self._find)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        wanted = self._wanted_by(scope)
        if not wanted:
            await self._app(scope, receive, send)
            return
        limits = self._limits()
        verdict = limits.take_now(wanted) if isinstance(limits, MemoryLimits) else await limits.take(wanted)
        fields = _fields(verdict)
        if not verdict.allowed:
            RATE_LIMITED.labels(verdict.budget.name).inc()
            await answer_refused(scope, send, _refusal(verdict, fields))
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *fields]
            await send(message)

        await self._app(scope, receive, counted)

    def at_once(self, scope: HTTPScope) -> Reply | None:
        """What is sent at once, where no other process has to be asked whether it may be."""
        reply = self.inner_at_once(scope)
        wanted = () if reply is None else self._wanted_by(scope)
        if reply is None or not wanted:
            return reply
        limits = self._limits()
        verdict = limits.take_now(wanted) if isinstance(limits, MemoryLimits) else None
        # a refusal has taken nothing, so it can be asked for once more, the usual way
        if verdict is None or not verdict.allowed:
            return None
        reply.headers += _fields(verdict)
        return reply

    def _wanted_by(self, scope: HTTPScope) -> Sequence[Take]:
        """What this request takes; nothing where it is not counted."""
        principal: Principal | None = scope["state"].get("principal")
        kind = _kind(scope["method"], scope["path"], principal is not None)
        if kind is None:
            return ()
        client = scope["client"]
        address = client[0] if client else ""
        return self._wanted(kind, principal, address if principal is None or kind in _BECOMING else "")

    def _find(self, kind: Kind, principal: Principal | None, address: str) -> Sequence[Take]:
        """From which buckets it takes."""
        if principal is None or kind in _BECOMING:
            found = [(f"address:{one_client(address)}:{kind}", self._budgets.address[kind])]
        else:
            found = [(f"user:{principal.user_id}:{kind}", self._budgets.user[kind])]
            if principal.key_id is not None:
                found.append((f"key:{principal.key_id}:{kind}", self._budgets.key[kind]))
        return tuple(Take(key, budget) for key, budget in found if budget is not None)


def _budget(name: str, quota: int) -> Budget | None:
    return Budget(name, quota) if quota else None


@lru_cache(maxsize=256)
def _policy(budget: Budget) -> tuple[bytes, bytes]:
    return (b"ratelimit-policy", f'"{budget.name}";q={budget.quota};w={budget.window_s:g}'.encode())


def _fields(verdict: Verdict) -> list[tuple[bytes, bytes]]:
    budget = verdict.budget
    state = b'"%b";r=%d;t=%d' % (budget.name.encode(), verdict.remaining, ceil(verdict.retry_s or verdict.full_s))
    return [_policy(budget), (b"ratelimit", state)]


def _refusal(verdict: Verdict, fields: list[tuple[bytes, bytes]]) -> Refused:
    seconds = max(ceil(verdict.retry_s), 1)
    budget = verdict.budget
    owner, _, kind = budget.name.partition("-")
    return Refused(
        429,
        "too-many-requests",
        f"This {owner} has used its {budget.quota} {kind} a minute.",
        hint=f"Try again in {seconds} s; the RateLimit fields of every answer tell how many are left.",
        headers=[*fields, (b"retry-after", str(seconds).encode())],
    )
