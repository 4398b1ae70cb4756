"""Unknown cashtags looked up at a local Yahoo: what is asked for, what becomes a listing, what is remembered, and which
posts are read again.
"""

from datetime import UTC, datetime, timedelta

import pytest

from lib.collect.gate import Gate
from lib.collect.lookups import Lookups, exact_match, look_up
from lib.db.asking.readers import reading
from lib.db.cursors import read_cursor
from lib.db.ingest.posts import store_posts
from lib.db.pool import Pool
from lib.db.scoring import Readers, score_batch, waiting
from lib.domain.posts import Post
from lib.domain.symbols import Listing
from lib.sources.yahoo.client import Yahoo
from tests.servers.faults import BAD_GATEWAY, Status, TooMany
from tests.servers.yahoo import LocalYahoo
from tests.servers.yahoo_charts import KRX, NASDAQ, NYSE, Book
from tests.support.seed import add_symbol

NOW = datetime.now(UTC)
PLTR = Book("PLTR", NASDAQ, name="Palantir Technologies Inc.")
SAMSUNG = Book("005930.KS", KRX, name="Samsung Electronics Co., Ltd.")
CLASS_B = Book("BRK-B", NYSE, name="Berkshire Hathaway Inc.")

_MENTIONS = """
SELECT s.symbol, count(*) AS posts FROM mentions m JOIN symbols s ON s.id = m.symbol_id GROUP BY 1 ORDER BY 1
"""


async def write(pool: Pool, *texts: str, hours_ago: float = 1) -> None:
    """A post for each text, all of them already read."""
    already = await pool.fetchval("SELECT count(*) FROM posts")
    at = NOW - timedelta(hours=hours_ago)
    posts = [
        Post(source="reddit", external_id=f"p{already + number}", published_at=at, text=text)
        for number, text in enumerate(texts)
    ]
    async with pool.acquire() as conn, conn.transaction():
        await store_posts(conn, posts)
    await read_all(pool)


async def read_all(pool: Pool) -> None:
    """Scores whatever waits."""
    await score_batch(pool, await Readers(["vader@1"]).current(pool), limit=1000)
    assert await waiting(pool) == 0


async def run(pool: Pool, source: Yahoo, *, most: int = 25, gate: Gate | None = None) -> Lookups:
    """One run."""
    done = await look_up(pool, source, gate=gate or Gate(), most=most)
    assert done is not None
    return done


async def test_an_exact_match_becomes_a_listing_and_its_posts_are_read_again(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    await add_symbol(pool, "AAPL", "Apple Inc.")
    local_yahoo.publish(PLTR, SAMSUNG, CLASS_B)
    await write(
        pool, "$PLTR to the moon", "I like $pltr and $AAPL", "PLTR without a sign", "$PLTRX is another",
        "＄PLTR", "$005930 오른다", "$BRK.B splits", "$BRK/B again", "costs $500 or US$20",
    )  # fmt: skip
    await write(pool, "$PLTR last month", hours_ago=700)

    done = await run(pool, source)

    found = {lookup.cashtag: (lookup.posts, lookup.listing and lookup.listing.symbol) for lookup in done.answered}
    assert found == {
        "PLTR": (3, "PLTR"), "005930": (1, "005930.KS"), "BRK-B": (2, "BRK-B"), "PLTRX": (1, None),
    }  # fmt: skip
    assert {lookup.cashtag: lookup.read_again for lookup in done.answered if lookup.listing} == {
        "PLTR": 4, "005930": 1, "BRK-B": 2,
    }  # fmt: skip
    assert (done.left, done.reason) == (0, "")
    await read_all(pool)
    assert {row["symbol"]: row["posts"] for row in await pool.fetch(_MENTIONS)} == {
        "005930.KS": 1, "AAPL": 1, "BRK-B": 2, "PLTR": 4,
    }  # fmt: skip
    listed = await pool.fetchrow("SELECT name, exchange, kind, sample FROM symbols WHERE symbol = 'PLTR'")
    assert tuple(listed or ()) == ("Palantir Technologies Inc.", "NASDAQ", "equity", False)


async def test_what_nobody_knows_is_not_asked_for_again_for_a_month(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    await write(pool, "$NOSUCH", "$NOSUCH again")
    assert [lookup.listing for lookup in (await run(pool, source)).answered] == [None]
    assert await run(pool, source) == Lookups()
    assert local_yahoo.lists == ["search/NOSUCH"]

    month_ago = (datetime.now(UTC) - timedelta(days=31)).date().isoformat()
    await pool.execute(
        "UPDATE cursors SET position = jsonb_build_object('unknown', jsonb_build_object('NOSUCH', $1::text))", month_ago
    )
    local_yahoo.publish(Book("NOSUCH", NASDAQ, name="Such Inc."))
    assert [lookup.posts for lookup in (await run(pool, source)).answered] == [2]
    assert await read_cursor(pool, "yahoo", "listings") == {"unknown": {}}


async def test_of_two_spellings_the_second_is_asked_for_once_the_first_is_unknown(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    local_yahoo.publish(PLTR)
    await write(pool, "all in on $PLTR.So what")
    assert [lookup.cashtag for lookup in (await run(pool, source)).answered] == ["PLTR-SO"]
    assert [lookup.cashtag for lookup in (await run(pool, source)).answered] == ["PLTR"]
    await read_all(pool)
    assert [row["symbol"] for row in await pool.fetch(_MENTIONS)] == ["PLTR"]


async def test_the_most_frequent_come_first_and_no_more_than_allowed(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    await write(pool, "$AAAA", *["$BBBB"] * 3, *["$CCCC"] * 2)
    done = await run(pool, source, most=2)
    assert ([lookup.cashtag for lookup in done.answered], done.left) == (["BBBB", "CCCC"], 1)
    assert [lookup.cashtag for lookup in (await run(pool, source)).answered] == ["AAAA"]


async def test_a_failure_leaves_its_cashtag_for_the_next_run(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    local_yahoo.publish(PLTR)
    await write(pool, *["$DOWN"] * 2, "$PLTR")
    local_yahoo.script.always("search/DOWN", BAD_GATEWAY)
    done = await run(pool, source)
    assert [lookup.cashtag for lookup in done.answered] == ["PLTR"]
    assert done.left == 1
    assert "502" in done.reason
    local_yahoo.script.clear()
    assert [lookup.cashtag for lookup in (await run(pool, source)).answered] == ["DOWN"]


@pytest.mark.parametrize("fault", [TooMany("3600"), Status(403, b"", "text/plain")], ids=str)
async def test_told_to_stop_it_stops(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo, fault: TooMany | Status
) -> None:
    await write(pool, *(f"${name}" for name in ("AAAA", "BBBB", "CCCC")))
    local_yahoo.script.always("*", fault)
    gate = Gate()
    done = await run(pool, source, gate=gate)
    assert (done.answered, done.left) == ((), 3)
    assert done.reason.startswith("Yahoo")
    assert len(set(local_yahoo.lists)) == 1
    assert (gate.reason is None) == isinstance(fault, Status), "a refused search says nothing of bars"


async def test_one_run_at_a_time(pool: Pool, local_yahoo: LocalYahoo, source: Yahoo) -> None:
    async with reading(pool, "yahoo/listings", wait=False) as right:
        assert right is not None
        assert await look_up(pool, source, gate=Gate(), most=5) is None


async def test_nothing_to_ask_for_asks_nothing(pool: Pool, local_yahoo: LocalYahoo, source: Yahoo) -> None:
    await write(pool, "no sign at all", "$5 and 10$")
    await write(pool, "$PLTR", hours_ago=30)
    assert await run(pool, source) == Lookups()
    assert local_yahoo.lists == []


def test_only_the_very_symbol_matches() -> None:
    found = [Listing(symbol="PLTR.MX", name="x"), Listing(symbol="PLTW", name="y")]
    assert exact_match("PLTR", found) is None
