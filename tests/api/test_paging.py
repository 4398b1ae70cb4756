"""Pages are stable: what comes in between two of them neither repeats nor hides anything. And no cursor does harm."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api.cursors import write_cursor
from lib.db.pool import Pool
from tests.support import seed
from tests.support.accounts import Person, log_in

Client = AsyncTestClient[Litestar]
NOW = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh_listings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Listings are looked at with every question."""
    monkeypatch.setattr("api.catalogue.FRESH_S", 0.0)


async def _pages(client: Client, path: str, between: Any) -> list[dict[str, Any]]:
    """All items of `path`, page by page; `between` runs before each page but the first."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = await client.get(path + (f"&cursor={cursor}" if cursor else ""))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = page["next"]
        await between(len(items))


@pytest.mark.parametrize("chance", range(3))
@pytest.mark.parametrize("query", ["", "q=acme&"])
async def test_listings_that_come_in_between_neither_repeat_nor_hide(
    pool: Pool, client: Client, query: str, chance: int
) -> None:
    dice = random.Random(chance)
    first = [f"AC{number:02}" for number in range(0, 40, 2)]
    for symbol in first:
        await seed.add_symbol(pool, symbol, f"Acme {symbol}" + " Holdings" * dice.randrange(3))

    async def list_another(seen: int) -> None:
        for _ in range(dice.randrange(3)):
            symbol = f"AC{dice.randrange(1, 40, 2):02}"
            exists = await pool.fetchval("SELECT EXISTS (SELECT FROM symbols WHERE symbol = $1)", symbol)
            if not exists:
                await seed.add_symbol(pool, symbol, f"Acme {symbol}" + " Holdings" * dice.randrange(3))

    symbols = [item["symbol"] for item in await _pages(client, f"/api/v1/stocks?{query}limit=3", list_another)]
    assert len(set(symbols)) == len(symbols)
    assert set(first) <= set(symbols)


@pytest.mark.parametrize("chance", range(3))
async def test_posts_that_come_in_between_neither_repeat_nor_hide(pool: Pool, client: Client, chance: int) -> None:
    dice = random.Random(chance)
    await seed.add_symbol(pool, "AAPL")
    await seed.add_scorer(pool)
    for number in range(20):
        # several of the same moment: the cursor must tell them apart
        await seed.add_post(pool, "AAPL", NOW - timedelta(minutes=number // 4), external_id=f"first/{number}")

    async def write_another(seen: int) -> None:
        moment = NOW + timedelta(minutes=dice.randrange(-6, 6))
        await seed.add_post(pool, "AAPL", moment, external_id=f"later/{seen}")

    items = await _pages(client, "/api/v1/sentiment/AAPL/posts?limit=3", write_another)
    told = [item["external_id"] for item in items]
    assert len(set(told)) == len(told)
    assert {f"first/{number}" for number in range(20)} <= set(told)


async def test_a_listing_that_went_hides_nothing_behind_it(pool: Pool, client: Client) -> None:
    for number in range(6):
        await seed.add_symbol(pool, f"AC{number}", f"Acme {number}")
    page = (await client.get("/api/v1/stocks?q=acme&limit=2")).json()
    last = page["items"][-1]["symbol"]
    await pool.execute("DELETE FROM symbols WHERE symbol = $1", last)
    rest = (await client.get(f"/api/v1/stocks?q=acme&cursor={page['next']}")).json()["items"]
    seen = {item["symbol"] for item in [*page["items"], *rest]}
    assert {f"AC{number}" for number in range(6)} <= seen | {last}


@pytest.fixture(scope="module")
async def operator(reader: Client) -> Person:
    """Who may read everything."""
    return await log_in(reader, "operator@example.com")


ODD = [
    2**63, -(2**63), 2**64 - 1, "a\x00b", "", None, [], {}, 1.5, float("nan"), [1, 2, 3, 4], ["\x00", "\x00"],
    ["2026-03-02T14:30:00", 1], ["2026-03-02T14:30:00Z", 2**63], ["0001-01-01T00:00:00+23:59", 1],
    ["9999-12-31T23:59:59-23:59", 1], ["2026-03-02T14:30:00Z", 1, "2026-03-02T14:30:00"], [0.5, "\x00"],
]  # fmt: skip


@pytest.mark.parametrize(
    "path",
    ["stocks", "stocks?q=a", "sentiment/AAPL/posts", "operations/coverage", "operations/cursors", "operations/gaps"],
)
async def test_a_cursor_that_somebody_made_up_is_refused_or_harmless(
    reader: Client, operator: Person, path: str
) -> None:
    for position in ODD:
        cursor = write_cursor(position)
        asked = f"/api/v1/{path}{'&' if '?' in path else '?'}cursor={cursor}"
        answer = await reader.get(asked, headers=operator.bearer)
        assert answer.status_code in (200, 400), (path, position, answer.text)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(ODD[0])) == ODD[0]


@pytest.mark.parametrize(
    "path",
    [
        "stocks?q=%00", "sentiment/AAPL?source=%00", "sentiment/AAPL?scorer=%00", "sentiment/AAPL/posts?source=a%00",
        "sentiment/AAPL/series?scorer=%00", "sentiment/coverage?source=%00", "operations/coverage?stream=%00",
        "operations/cursors?source=%00", "operations/gaps?source=%00", "operations/spend?source=%00",
        "stocks/AAPL/insight?scorer=%ED%A0%80", "stocks?q=%ED%A0%80",
    ],
)  # fmt: skip
async def test_text_that_no_database_can_hold_is_refused_or_harmless(
    reader: Client, operator: Person, path: str
) -> None:
    answer = await reader.get(f"/api/v1/{path}", headers=operator.bearer)
    assert answer.status_code in (200, 400), answer.text
