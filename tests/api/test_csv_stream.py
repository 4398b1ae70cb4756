"""Long tables as CSV: the rows of the whole in pieces, at the client's pace, and limits that say what they are."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from api.app import create_app
from lib.db.pool import Pool
from lib.settings import Settings
from tests.support import seed
from tests.support.hot import Hot, Statements

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
BARS, SERIES = "/stocks/AAPL/bars", "/sentiment/AAPL/series"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five rows are many, and a piece has three."""
    for room in ("api.tables", "api.hot.reads"):
        monkeypatch.setattr(f"{room}.MOST_ROWS", 5)
    for room in ("api.stocks.controller", "api.sentiment.controller"):
        monkeypatch.setattr(f"{room}.SLICE_ROWS", 3)


async def _bars(pool: Pool, count: int = 11) -> None:
    await seed.add_symbol(pool, "AAPL")
    for day in range(count):
        price = f"{100 + day}.50"
        await seed.add_bar(pool, "AAPL", FIRST + timedelta(days=day), price, adj_close=50 + day if day % 3 else None)


async def _csv(hot: Hot, path: str) -> str:
    answer = await hot.get(path, accept="text/csv")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8"), answer.text
    return answer.text


@pytest.mark.parametrize(
    "query",
    [
        "",
        "adjusted=true",
        "start=2026-01-03",
        "end=2026-01-08",
        "start=2026-01-02&end=2026-01-10T00:00:00Z",
        "as_of=now",
    ],
)
async def test_streamed_bars_are_the_bars_of_the_whole(
    pool: Pool, hot: Hot, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    await _bars(pool)
    then = await seed.now(pool)
    await seed.add_bar(pool, "AAPL", FIRST, 7)
    query = query.replace("now", then.isoformat().replace("+00:00", "Z"))
    for limit in (6, 7, 11, 900):
        path = f"{BARS}?limit={limit}&{query}"
        streamed = await _csv(hot, path)
        with monkeypatch.context() as whole:
            for room in ("api.tables", "api.hot.reads"):
                whole.setattr(f"{room}.MOST_ROWS", 1000)
            assert streamed == await _csv(hot, path)


@pytest.mark.parametrize("interval", ["5m", "1h", "1d"])
@pytest.mark.parametrize("query", ["", "source=x", "start=2026-01-02", "end=2026-01-03T12:00:00Z"])
async def test_a_streamed_series_is_the_series_of_the_whole(
    pool: Pool, hot: Hot, monkeypatch: pytest.MonkeyPatch, interval: str, query: str
) -> None:
    await seed.add_symbol(pool, "AAPL")
    await seed.add_scorer(pool)
    for hour in (0, 1, 2, 7, 30, 31, 55, 56, 80, 110):
        at = FIRST + timedelta(hours=hour, minutes=5 * (hour % 7))
        await seed.add_bucket(pool, "AAPL", at, [0.5, -0.1], source="x" if hour % 2 else "reddit")
    for limit in (6, 40, 9000):
        path = f"{SERIES}?limit={limit}&interval={interval}&{query}"
        streamed = await _csv(hot, path)
        with monkeypatch.context() as whole:
            for room in ("api.tables", "api.hot.reads"):
                whole.setattr(f"{room}.MOST_ROWS", 10_000)
            assert streamed == await _csv(hot, path)


async def test_nothing_is_a_line_of_names(pool: Pool, hot: Hot) -> None:
    await seed.add_symbol(pool, "AAPL")
    await seed.add_scorer(pool)
    assert await _csv(hot, f"{BARS}?limit=6") == "start,open,high,low,close,adj_close,volume\r\n"
    assert (await _csv(hot, f"{SERIES}?limit=6")).startswith("start,posts,authors,score,")


async def test_json_says_how_much_it_holds_and_who_holds_more(reader: httpx.AsyncClient, hot: Hot, pool: Pool) -> None:
    await seed.add_symbol(pool, "AAPL")
    for path in (BARS, SERIES):
        answer = await hot.get(f"{path}?limit=6")
        body = answer.json()
        assert (answer.status_code, body["parameter"]) == (400, "limit")
        assert body["detail"] == "An answer in JSON holds at most 5 rows."
        assert "from 1 to 5; to 1000000 with `Accept: text/csv`" in body["hint"]
        beyond = await hot.get(f"{path}?limit=1000001", accept="text/csv")
        assert (beyond.status_code, beyond.json()["parameter"]) == (400, "limit")


@pytest.mark.parametrize("path", ["/stocks/NOPE/bars?limit=6", "/stocks/AAPL/bars?limit=6&start=x"])
async def test_a_wrong_question_is_a_problem_and_no_stream(pool: Pool, hot: Hot, path: str) -> None:
    await seed.add_symbol(pool, "AAPL")
    answer = await hot.get(path, accept="text/csv")
    assert answer.status_code in (400, 404)
    assert answer.headers["content-type"] == "application/problem+json"


class _Reader:
    """A client that takes one piece when it is told to."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.turns: asyncio.Queue[None] = asyncio.Queue()
        self.offered = asyncio.Semaphore(0)
        self.gone = asyncio.Event()
        self.ended = False

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.body" and message.get("more_body"):
            self.offered.release()
            await self.turns.get()
            self.taken.append(message["body"])
        elif message["type"] == "http.response.body":
            self.ended = True

    async def receive(self) -> Any:
        await self.gone.wait()
        return {"type": "http.disconnect"}


@asynccontextmanager
async def _reading(database_url: str) -> AsyncIterator[tuple[Litestar, _Reader, "asyncio.Task[None]"]]:
    app = create_app(Settings.model_validate({"database_url": database_url}))
    reader = _Reader()
    scope = {
        "type": "http", "method": "GET", "path": f"/api/v1{BARS}", "raw_path": b"", "query_string": b"limit=900",
        "root_path": "", "scheme": "http", "server": ("test", 80), "client": ("test", 1), "http_version": "1.1",
        "headers": [(b"host", b"localhost"), (b"accept", b"text/csv")],
    }  # fmt: skip
    async with app.lifespan():
        yield app, reader, asyncio.create_task(app(scope, reader.receive, reader.send))  # type: ignore[arg-type]


async def test_a_slow_client_makes_the_next_piece_wait_and_holds_no_connection(
    pool: Pool, database_url: str, statements: Statements
) -> None:
    await _bars(pool)
    async with _reading(database_url) as (app, reader, answering):
        await reader.offered.acquire()
        assert len(statements) == 1
        for taken in range(1, 4):
            reader.turns.put_nowait(None)
            await reader.offered.acquire()
            assert (len(reader.taken), len(statements)) == (taken, taken + 1)
            assert app.state.pool.get_idle_size() == app.state.pool.get_size()
        for _ in range(9):
            reader.turns.put_nowait(None)
        await answering
    assert reader.ended
    assert b"".join(reader.taken).count(b"\r\n") == 12


async def test_a_client_that_reads_nothing_is_let_go(
    pool: Pool, database_url: str, statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.tables.STALL_S", 0.05)
    await _bars(pool)
    async with _reading(database_url) as (_, reader, answering):
        await answering
    # without its end, so that nobody takes what came for the whole
    assert (reader.taken, reader.ended, len(statements)) == ([], False, 1)


async def test_nothing_more_is_read_for_a_client_that_has_gone(
    pool: Pool, database_url: str, statements: Statements
) -> None:
    await _bars(pool)
    async with _reading(database_url) as (_, reader, answering):
        await reader.offered.acquire()
        reader.gone.set()
        for _ in range(9):
            reader.turns.put_nowait(None)
        await answering
    assert len(statements) <= 2


async def test_a_question_that_takes_too_long_is_stopped_and_says_so(
    pool: Pool, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.lifespan.STATEMENT_TIMEOUT_S", 0.1)
    await seed.add_symbol(pool, "AAPL")
    app = create_app(Settings.model_validate({"database_url": database_url}))
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client,
        pool.acquire() as connection,
    ):
        async with connection.transaction():
            await connection.execute("LOCK TABLE symbols IN ACCESS EXCLUSIVE MODE")
            answer = await client.get(f"/api/v1{BARS}?limit=5")
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:insitechart:too-slow")
        assert answer.json()["hint"] == "Ask for a shorter range."
        assert (await client.get(f"/api/v1{BARS}?limit=5")).status_code == 200
