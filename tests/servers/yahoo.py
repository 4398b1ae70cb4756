"""A local Yahoo: cookie, crumb, charts, headlines and search over real HTTPS, with what goes wrong written beforehand.
It does not know the client.

    with running_yahoo(folder) as yahoo:
        yahoo.publish(Book("AAPL", NASDAQ, days={date(2026, 3, 2): flat("264.72")}))
        yahoo.script.then("AAPL", TooMany("2"))
        … os.environ | yahoo.environment …

Faults are scripted per symbol, or under "cookie" and "crumb", "news/AAPL" and "search/apple".
"""

import contextlib
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from aiohttp import web

from tests.servers.faults import Script, misbehave
from tests.servers.proxy import stand_in
from tests.servers.yahoo_charts import Book, chart, refusal
from tests.servers.yahoo_lists import Headline, news_list, search_result

HOSTS = ("yahoo.com", "*.yahoo.com", "*.finance.yahoo.com")

_DAY_OF = {"1d": timedelta(days=1), "5d": timedelta(days=5), "1mo": timedelta(days=31)}


class Call(NamedTuple):
    """One question about prices as it arrived; `at` on the server's clock."""

    symbol: str
    interval: str
    start: datetime
    end: datetime
    with_cookie: bool
    with_crumb: bool
    at: datetime


class LocalYahoo:
    """The books, the headlines by symbol, newest first, the script and the log of one server.

    `recorded` answers come before those from the books, as they are; `lists` notes the keys of the questions for
    headlines and of searches.
    """

    def __init__(self) -> None:
        self.script = Script()
        self.books: dict[str, Book] = {}
        self.recorded: dict[str, Any] = {}
        self.headlines: dict[str, list[Headline]] = {}
        self.calls: list[Call] = []
        self.lists: list[str] = []
        self.environment: dict[str, str] = {}
        self.crumb = secrets.token_hex(5)

    def publish(self, *books: Book) -> None:
        """Puts `books` in the place of what was published about their symbols."""
        for book in books:
            self.books[book.symbol] = book

    def reset(self) -> None:
        """Empty books, no faults, no log."""
        self.script.clear()
        self.books.clear()
        self.recorded.clear()
        self.headlines.clear()
        self.calls.clear()
        self.lists.clear()

    def asked(self, symbol: str) -> list[Call]:
        """The questions about the bars of `symbol`, without yfinance's look at one day for the time zone."""
        return [call for call in self.calls if call.symbol == symbol and call.end - call.start != _DAY_OF["1d"]]

    def app(self) -> web.Application:
        """The server's routes, for every host of Yahoo's."""
        app = web.Application()
        app.router.add_get("/v8/finance/chart/{symbol}", self._chart)
        app.router.add_get("/v1/finance/search", self._search)
        app.router.add_post("/xhr/ncp", self._news)
        app.router.add_get("/v1/test/getcrumb", self._crumb)
        app.router.add_get("/consent", self._consent)
        app.router.add_get("/", self._cookie)
        return app

    async def _cookie(self, request: web.Request) -> web.StreamResponse:
        # the real one says 404 too; the cookie is all that anybody wants from it
        answer = web.Response(status=404, text="")
        answer.set_cookie("A3", "d=local&S=local", domain=".yahoo.com", max_age=31_536_000, secure=True, httponly=True)
        return await misbehave(self.script.next("cookie"), request, answer)

    async def _crumb(self, request: web.Request) -> web.StreamResponse:
        if "A3" not in request.cookies:
            return web.json_response(_finance("Unauthorized", "Invalid Cookie"), status=401)
        return await misbehave(self.script.next("crumb"), request, web.Response(text=self.crumb))

    async def _consent(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text="<html><body>No consent is asked for here.</body></html>", content_type="text/html")

    async def _chart(self, request: web.Request) -> web.StreamResponse:
        symbol, query = request.match_info["symbol"], request.query
        start, end = _window(query)
        crumb = query.get("crumb")
        interval = query.get("interval", "1d")
        called = Call(symbol, interval, start, end, "A3" in request.cookies, crumb is not None, datetime.now(UTC))
        self.calls.append(called)
        return await misbehave(self.script.next(symbol), request, self._answer(symbol, interval, start, end, crumb))

    async def _news(self, request: web.Request) -> web.StreamResponse:
        asked = (await request.json())["serviceConfig"]
        (symbol,) = asked["s"]
        key = f"news/{symbol}"
        self.lists.append(key)
        newest = self.headlines.get(symbol, [])[: asked["snippetCount"]]
        right = web.json_response(self.recorded.get(key) or news_list(newest))
        return await misbehave(self.script.next(key), request, right)

    async def _search(self, request: web.Request) -> web.StreamResponse:
        text, count = request.query["q"], int(request.query["quotesCount"])
        key = f"search/{text}"
        self.lists.append(key)
        right = web.json_response(self.recorded.get(key) or search_result(text, self.books.values(), count))
        return await misbehave(self.script.next(key), request, right)

    def _answer(self, symbol: str, interval: str, start: datetime, end: datetime, crumb: str | None) -> web.Response:
        if crumb not in (None, self.crumb):
            return web.json_response(_finance("Unauthorized", "Invalid Crumb"), status=401)
        if symbol in self.recorded:
            return web.json_response(self.recorded[symbol])
        if symbol not in self.books:
            return web.json_response(refusal("Not Found", "No data found, symbol may be delisted"), status=404)
        if interval == "1m" and start < datetime.now(UTC) - timedelta(days=30):
            reason = "1m data not available. The requested range must be within the last 30 days."
            return web.json_response(refusal("Unprocessable Entity", reason), status=422)
        return web.json_response(chart(self.books[symbol], interval, start, end))


def _window(query: Any) -> tuple[datetime, datetime]:
    if "period1" in query:
        return datetime.fromtimestamp(int(query["period1"]), UTC), datetime.fromtimestamp(int(query["period2"]), UTC)
    now = datetime.now(UTC)
    return now - _DAY_OF[query["range"]], now


def _finance(code: str, description: str) -> dict[str, Any]:
    return {"finance": {"result": None, "error": {"code": code, "description": description}}}


@contextlib.contextmanager
def running_yahoo(folder: Path) -> Iterator[LocalYahoo]:
    """A LocalYahoo that is reached by whoever runs under its `environment`. `folder` receives the certificate."""
    yahoo = LocalYahoo()
    with stand_in(yahoo.app(), HOSTS, folder) as environment:
        yahoo.environment = environment
        yield yahoo
