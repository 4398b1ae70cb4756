"""GET /sentiment/gaps: when something about a symbol was not heard, for everybody."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from lib.db.pool import Pool
from tests.support import seed

Client = AsyncTestClient[Litestar]

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
async def _stocks(pool: Pool) -> None:
    await seed.add_symbol(pool, "AAPL")
    await seed.add_symbol(pool, "MSFT")


async def _gaps(client: Client, **parameters: Any) -> list[dict[str, Any]]:
    answer = await client.get("/api/v1/sentiment/gaps", params={"symbol": "AAPL", **parameters})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def _spans(gaps: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    return [(gap["source"], gap["feed"], gap["since"][11:16], gap["until"][11:16]) for gap in gaps]


@pytest.mark.usefixtures("_stocks")
async def test_windows_that_touch_are_one_with_the_latest_reason(pool: Pool, client: Client) -> None:
    await seed.add_gap(pool, "reddit", "submissions/stocks", NOON + HOUR, reason="Reddit answers 503.")
    await seed.add_gap(pool, "reddit", "submissions/investing", NOON + HOUR / 2, reason="Reddit answers 500.")
    await seed.add_gap(pool, "reddit", "submissions/stocks", NOON + 5 * HOUR)
    await seed.add_gap(pool, "reddit", "comments/stocks", NOON)
    found = await _gaps(client)
    assert _spans(found) == [
        ("reddit", "comments", "12:00", "13:00"),
        ("reddit", "submissions", "12:30", "14:00"),
        ("reddit", "submissions", "17:00", "18:00"),
    ]
    assert (found[1]["reason"], found[1]["state"], found[1]["interval"]) == ("Reddit answers 500.", "open", None)


@pytest.mark.usefixtures("_stocks")
async def test_a_short_window_inside_a_long_one_ends_nothing(pool: Pool, client: Client) -> None:
    await seed.add_gap(pool, "reddit", "submissions/stocks", NOON, length=4 * HOUR)
    await seed.add_gap(pool, "reddit", "submissions/investing", NOON + HOUR)
    await seed.add_gap(pool, "reddit", "submissions/options", NOON + 3 * HOUR, length=3 * HOUR)
    assert _spans(await _gaps(client)) == [("reddit", "submissions", "12:00", "18:00")]


@pytest.mark.usefixtures("_stocks")
async def test_what_other_symbols_miss_and_what_came_later_is_left_out(pool: Pool, client: Client) -> None:
    await seed.add_gap(pool, "x", "search/MSFT", NOON)
    await seed.add_gap(pool, "x", "search/AAPL", NOON, state="filled")
    await seed.add_gap(pool, "x", "search/AAPL", NOON + HOUR, state="lost")
    await seed.add_gap(pool, "yahoo", "bars/1d/AAPL", NOON)
    await seed.add_gap(pool, "yahoo", "bars/1m/MSFT", NOON)
    bars, search = await _gaps(client)
    assert (bars["feed"], bars["interval"], bars["reason"]) == ("bars", "1d", "not covered")
    assert (search["feed"], search["state"], search["reason"]) == ("search", "lost", "lost in a test")


@pytest.mark.usefixtures("_stocks")
async def test_a_range_and_a_limit_take_the_latest(pool: Pool, client: Client) -> None:
    for hour in range(0, 8, 2):
        await seed.add_gap(pool, "bluesky", "posts", NOON + hour * HOUR)
    found = await _gaps(client, start="2026-03-02T14:30:00Z", end="2026-03-02T18:00:00Z")
    assert [since for _, _, since, _ in _spans(found)] == ["14:00", "16:00"]
    answer = (await client.get("/api/v1/sentiment/gaps", params={"symbol": "aapl", "limit": 1})).json()
    assert (answer["symbol"], answer["truncated"], len(answer["items"])) == ("AAPL", True, 1)
    assert answer["items"][0]["since"] == "2026-03-02T18:00:00Z"


@pytest.mark.usefixtures("_stocks")
async def test_what_is_spent_is_not_told(pool: Pool, client: Client) -> None:
    told = "x was not asked: 100 posts would cost $0.50 and $0.80 of the $1.00 for today are spent."
    await seed.add_coverage(pool, "x", "search/AAPL", NOON + HOUR, state="over_budget", reason=told)
    await seed.add_gap(pool, "x", "search/AAPL", NOON, reason=told)
    [gap] = await _gaps(client)
    assert "$" not in gap["reason"]
    assert "spent" in gap["reason"]


@pytest.mark.usefixtures("_stocks")
async def test_a_stock_without_gaps_has_none_and_an_unknown_one_is_refused(client: Client) -> None:
    assert await _gaps(client) == []
    for symbol in ("NONE", "no such thing"):
        answer = await client.get("/api/v1/sentiment/gaps", params={"symbol": symbol})
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:insitechart:unknown-symbol")
    answer = await client.get("/api/v1/sentiment/gaps")
    assert answer.status_code == 400
    assert "symbol" in answer.text
