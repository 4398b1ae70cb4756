"""Both ways to a hot read, the direct one and Litestar's, give the same answer to whatever is asked."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar

from api.hot.direct import direct_routes
from lib.db.pool import Pool
from tests.support import seed
from tests.support.direct import Both, both_ways
from tests.support.hot import kept_open
from tests.support.trials import trials

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)

PATHS = (
    "/stocks",
    "/stocks/AAPL",
    "/stocks/$aapl/bars",
    "/stocks/NONE/bars",
    "/stocks/AAPL/insight",
    "/sentiment/AAPL",
    "/sentiment/none",
    "/sentiment/AAPL/series",
    "/sentiment/trending",
)
_VALUES = {
    "q": st.sampled_from(["apple", "aple", "애플", "", " ", "a" * 101]) | st.text(max_size=5),
    "limit": st.sampled_from(["1", "20", "0", "-1", "1e2", "5.0", "10001", "x", "", "0x1", " 7", "١"]),
    "cursor": st.sampled_from(["", "x", "eyJ9"]),
    "interval": st.sampled_from(["1d", "1h", "5m", "1w", "1D"]),
    "window": st.sampled_from(["1h", "24h", "7d", "8d"]),
    "start": st.sampled_from(["2026-03-01", "2026-03-02T00:00:00Z", "2026-03-02T00:00:00 01:00", "yesterday", ""]),
    "end": st.sampled_from(["2026-03-03", "2026-02-01", "2026-03-02T14:30:00", "null"]),
    "adjusted": st.sampled_from(["true", "false", "1", "0", "on", "True", "yes", ""]),
    "as_of": st.sampled_from(["2026-03-02T14:30:00Z", "now", "", "null"]),
    "scorer": st.sampled_from(["finance@1", "vader@1", "none@1", ""]),
    "source": st.sampled_from(["reddit", "", "x" * 61]),
    "market": st.sampled_from(["us", "kr", "de", "NULL"]),
    "series": st.sampled_from(["raw", "filtered", "none"]),
    "nothing": st.just("1"),
}
_QUERIES = st.lists(
    st.sampled_from(sorted(_VALUES)).flatmap(lambda name: st.tuples(st.just(name), _VALUES[name])), max_size=3
)


@pytest.fixture
async def both(app: Litestar, pool: Pool) -> AsyncIterator[Both]:
    await seed.add_symbol(pool, "AAPL", "Apple Inc.")
    await seed.add_scorer(pool)
    await seed.add_bar(pool, "AAPL", MONDAY, 187.5)
    await seed.add_bucket(pool, "AAPL", MONDAY, [0.5, -0.1])
    async for _ in kept_open(app.lifespan()):
        yield both_ways(app)


def test_every_hot_read_has_a_direct_way(app: Litestar) -> None:
    hot = {
        "/api/v1/stocks",
        "/api/v1/stocks/{symbol}",
        "/api/v1/stocks/{symbol}/bars",
        "/api/v1/stocks/{symbol}/insight",
        "/api/v1/sentiment/{symbol}",
        "/api/v1/sentiment/{symbol}/series",
        "/api/v1/sentiment/trending",
    }
    assert hot <= set(direct_routes(app))


@settings(max_examples=trials(150, 60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), query=_QUERIES, csv=st.booleans())
async def test_both_ways_answer_alike(both: Both, path: str, query: list[tuple[str, str]], csv: bool) -> None:
    text = "&".join(f"{name}={quote(value)}" for name, value in query)
    accept = b"text/csv" if csv else b"application/json"
    before, usual = await both.ask(f"/api/v1{path}", text.encode(), accept)
    # five minutes may have ended in between
    assert usual == before or usual == (await both.ask(f"/api/v1{path}", text.encode(), accept))[0]


@pytest.mark.parametrize("query", [b"", b"limit=5&as_of=2026-03-03T00:00:00Z"])
async def test_a_plain_read_does_not_reach_litestar(both: Both, query: bytes) -> None:
    both.reached.clear()
    await both.ask("/api/v1/stocks/AAPL/bars", query)
    assert len(both.reached) == 1
    await both.ask("/api/v1/stocks/AAPL/bars", b"nothing=1")
    assert len(both.reached) == 3


async def test_an_unexpected_error_is_answered_alike(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("api.stocks.controller.bars_table", broken)
    direct, usual = await both.ask("/api/v1/stocks/AAPL/bars", b"")
    assert direct == usual
    assert direct[0] == 500
