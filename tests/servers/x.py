"""A local X: recent search, recent counts and lookup over real HTTPS, with what goes wrong written beforehand, and a
bill of its own. It does not know the client.

    with running_x(folder) as x:
        x.posts.publish("$AAPL up", at=datetime.now(UTC) - timedelta(minutes=5))
        x.script.then("search", Limited(reset_in=1), BAD_GATEWAY)
        … os.environ | x.environment …
        x.bill.dollars

Faults are scripted under "search", "counts" and "lookup". `recorded` answers come instead of its own, unbilled.
"""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from typing import Any, NamedTuple

from aiohttp import web

from tests.servers.faults import Cut, Page, Script, Status, TooMany, misbehave
from tests.servers.proxy import stand_in
from tests.servers.x_posts import Timeline
from tests.servers.x_questions import Bounds, Refused, bounds, counted, looked_up, page, problem, refusal

HOSTS = ("api.twitter.com", "api.x.com")

_WINDOW = timedelta(minutes=15)


class Limited(NamedTuple):
    """429 as X says it: with the second from which asking is allowed again, or without."""

    reset_in: float | None = None


class Repeat(NamedTuple):
    """A page that continues another one brings that one again. A first page comes as it should."""


class Skip(NamedTuple):
    """A page that continues another one passes over what should come next. A first page comes as it should."""


class Shuffle(NamedTuple):
    """The right posts, the oldest first."""


class Hollow(NamedTuple):
    """No post, and the promise of a next page that holds them."""


UNAUTHORIZED = Status(401, problem("Unauthorized", "about:blank", "Unauthorized"))
NO_CREDITS = Status(402, problem("CreditsDepleted", "credits", "Your account does not have any credits left."))
FORBIDDEN = Status(403, problem("Client Forbidden", "client-forbidden", "This client is not enrolled."))
CAPPED = Status(429, problem("UsageCapExceeded", "usage-capped", "Usage cap exceeded: Monthly product cap"))

# what X would not have delivered, and so not billed
_FREE = (TooMany, Status, Page, Limited)


class Call(NamedTuple):
    """One question as it arrived; `at` on the server's clock."""

    endpoint: str
    query: dict[str, str]
    agent: str
    at: datetime


class Bill:
    """What X charges: a post once a UTC day however often it is read, and every question about counts."""

    def __init__(self) -> None:
        self.post_price = self.counts_price = Decimal("0.005")
        self.posts: set[tuple[date, int]] = set()
        self.counts = 0

    @property
    def dollars(self) -> Decimal:
        """The sum so far."""
        return self.post_price * len(self.posts) + self.counts_price * self.counts


class LocalX:
    """The posts, the script, the log and the bill of one server.

    `clock` is its time, told in every answer; what is younger than `index_lag` is not found yet; `limit` questions of a
    kind are allowed in a quarter of an hour. `latest_by_id` says which version a lookup by an old id brings.
    """

    def __init__(self) -> None:
        self.environment: dict[str, str] = {}
        self.token = "local-token"
        self.reset()

    def reset(self) -> None:
        """No posts, no faults, no log, no bill, the real time."""
        self.posts = Timeline()
        self.script = Script()
        self.bill = Bill()
        self.calls: list[Call] = []
        self.recorded: dict[str, Any] = {}
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.index_lag = timedelta(seconds=10)
        self.latest_by_id = True
        self.limit = 10_000
        self._found: dict[str, dict[str, Any]] = {}
        self._sent: defaultdict[str, set[int]] = defaultdict(set)
        self._hollow: set[str] = set()
        self._asked: Counter[tuple[str, int]] = Counter()

    def asked(self, endpoint: str) -> list[Call]:
        """The questions to "search", "counts" or "lookup"."""
        return [call for call in self.calls if call.endpoint == endpoint]

    def app(self) -> web.Application:
        """The server's routes."""
        app = web.Application()
        app.router.add_get("/2/tweets/search/recent", self._search)
        app.router.add_get("/2/tweets/counts/recent", self._counts)
        app.router.add_get("/2/tweets", self._lookup)
        return app

    async def _search(self, request: web.Request) -> web.StreamResponse:
        return await self._answer("search", request, self._searched)

    async def _counts(self, request: web.Request) -> web.StreamResponse:
        return await self._answer("counts", request, lambda asked, _: self._counted(asked))

    async def _lookup(self, request: web.Request) -> web.StreamResponse:
        return await self._answer("lookup", request, lambda asked, _: self._looked_up(asked))

    async def _answer(
        self, endpoint: str, request: web.Request, answered: Callable[[dict[str, str], object], dict[str, Any]]
    ) -> web.StreamResponse:
        asked, now = dict(request.query), self.clock()
        self.calls.append(Call(endpoint, asked, request.headers.get("User-Agent", ""), now))
        fault: Any = self.script.next(endpoint)
        headers = {"Date": format_datetime(now.replace(microsecond=0), usegmt=True), **self._limits(endpoint, now)}
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            fault = UNAUTHORIZED
        elif int(headers["x-rate-limit-remaining"]) < 0:
            fault = Limited((_WINDOW - _into(now)).total_seconds())
        if endpoint in self.recorded:
            return web.json_response(self.recorded[endpoint], headers=headers)
        if isinstance(fault, Limited):
            return _limited(fault, headers, now)
        try:
            right = web.json_response({} if isinstance(fault, _FREE) else answered(asked, fault), headers=headers)
        except Refused as refused:
            return web.json_response(refusal(asked, refused), status=400, headers=headers)
        if isinstance(fault, Repeat | Skip | Shuffle | Hollow):
            return right
        spoilt = await misbehave(fault, request, right)
        if not spoilt.prepared and not isinstance(fault, Cut):
            spoilt.headers.update({"Date": headers["Date"]} if isinstance(fault, TooMany) else headers)
        return spoilt

    def _searched(self, asked: dict[str, str], fault: object) -> dict[str, Any]:
        given = bounds(asked, self.clock(), self.index_lag)
        found = self._page(asked, given, fault)
        if found.get("data"):
            self._found[asked["query"]] = found
            self._sent[asked["query"]].update(int(sent["id"]) for sent in found["data"])
        self._deliver(found)
        return found

    def _page(self, asked: dict[str, str], given: Bounds, fault: object) -> dict[str, Any]:
        match fault:
            case Repeat() if self._continues(asked):
                return self._found[asked["query"]]
            case Skip() if self._continues(asked):
                passed_over = page(self.posts, asked, given)["meta"].get("oldest_id")
                return page(self.posts, asked, given if passed_over is None else given.below(int(passed_over)))
            case Shuffle():
                found = page(self.posts, asked, given)
                return found | ({"data": found["data"][::-1]} if "data" in found else {})
            case Hollow():
                # what follows continues no page that held anything
                self._hollow.add(given.token())
                return {"meta": {"result_count": 0, "next_token": given.token()}}
        return page(self.posts, asked, given)

    def _continues(self, asked: dict[str, str]) -> bool:
        """Whether a page is asked for with a token, or from a post on that was sent before."""
        sent = self._sent[asked["query"]]
        if "next_token" in asked:
            return bool(sent) and asked["next_token"] not in self._hollow
        return int(asked.get("until_id", 0)) - 1 in sent

    def _counted(self, asked: dict[str, str]) -> dict[str, Any]:
        found = counted(self.posts, asked, bounds(asked, self.clock(), timedelta(seconds=10)))
        self.bill.counts += 1
        return found

    def _looked_up(self, asked: dict[str, str]) -> dict[str, Any]:
        found = looked_up(self.posts, asked, latest=self.latest_by_id)
        self._deliver(found)
        return found

    def _deliver(self, found: dict[str, Any]) -> None:
        day = self.clock().date()
        self.bill.posts.update((day, int(sent["id"])) for sent in found.get("data", ()))

    def _limits(self, endpoint: str, now: datetime) -> dict[str, str]:
        begun = now - _into(now)
        self._asked[endpoint, int(begun.timestamp())] += 1
        return {
            "x-rate-limit-limit": str(self.limit),
            "x-rate-limit-remaining": str(self.limit - self._asked[endpoint, int(begun.timestamp())]),
            "x-rate-limit-reset": str(int((begun + _WINDOW).timestamp())),
        }


def _into(now: datetime) -> timedelta:
    return timedelta(seconds=now.timestamp() % _WINDOW.total_seconds())


def _limited(fault: Limited, headers: dict[str, str], now: datetime) -> web.Response:
    kept = {"Date": headers["Date"]}
    if fault.reset_in is not None:
        # whole seconds, rounded up, as X says them
        reset = -int(-(now.timestamp() + fault.reset_in) // 1)
        kept |= {"x-rate-limit-limit": headers["x-rate-limit-limit"], "x-rate-limit-remaining": "0",
                 "x-rate-limit-reset": str(reset)}  # fmt: skip
    body = problem("Too Many Requests", "about:blank", "Too Many Requests")
    return web.Response(status=429, body=body, content_type="application/json", headers=kept)


@contextlib.contextmanager
def running_x(folder: Path) -> Iterator[LocalX]:
    """A LocalX that is reached by whoever runs under its `environment`. `folder` receives the certificate."""
    x = LocalX()
    with stand_in(x.app(), HOSTS, folder) as environment:
        x.environment = environment
        yield x
