"""Writing twice equals writing once; corrections keep what was known; nothing known is erased by something unknown."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.db.coverage import record_coverage
from lib.db.cursors import read_cursor, save_cursor
from lib.db.ingest import Written
from lib.db.ingest.actions import store_actions
from lib.db.ingest.bars import store_bars
from lib.db.ingest.posts import forget_posts, store_posts
from lib.db.ingest.symbols import ensure_listings, store_listings
from lib.db.pool import Pool
from lib.db.symbols import all_listings, symbols_version
from lib.domain.bars import Action, Bar, trading_day
from lib.domain.coverage import Coverage
from lib.domain.posts import Post
from lib.domain.symbols import Listing
from lib.errors import UnknownSymbol

DAY = trading_day(date(2026, 3, 2))


def bar(close: str = "10", **changes: Any) -> Bar:
    values: dict[str, Any] = {"open": None, "high": None, "low": None, "volume": 5}
    return Bar(**{"symbol": "AAPL", "interval": "1d", "start": DAY, "close": Decimal(close), **values, **changes})


def post(text: str = "hello", **changes: Any) -> Post:
    return Post(
        **{"source": "x", "external_id": "1", "published_at": DAY, "text": text, "author": "someone", **changes}
    )


async def put_bars(pool: Pool, bars: Sequence[Bar], source: str = "yahoo") -> Written:
    async with pool.acquire() as conn, conn.transaction():
        return await store_bars(conn, bars, source=source)


async def put_posts(pool: Pool, posts: Sequence[Post], *, live: bool = True) -> Written:
    async with pool.acquire() as conn, conn.transaction():
        return await store_posts(conn, posts, live=live)


async def put_listings(pool: Pool, *listings: Listing) -> Written:
    async with pool.acquire() as conn, conn.transaction():
        return await store_listings(conn, listings)


async def test_listings_are_refined_and_never_erased(pool: Pool) -> None:
    full = Listing(
        symbol="005930.KS", name="Samsung Electronics", name_ko="삼성전자", aliases=("삼전",), currency="KRW"
    )
    assert await put_listings(pool, full) == Written(1, 0, 0)
    before = await symbols_version(pool)
    assert await put_listings(pool, full, Listing(symbol="005930.KS", name="005930.KS")) == Written(0, 0, 2)
    assert await symbols_version(pool) == before
    assert await put_listings(pool, Listing(symbol="005930.KS", name="Samsung", exchange="KOSPI")) == Written(0, 1, 0)
    assert await symbols_version(pool) != before
    (known,) = (await all_listings(pool)).values()
    assert (known.name, known.name_ko, known.aliases, known.exchange, known.currency) == (
        "Samsung", "삼성전자", ("삼전",), "KOSPI", "KRW",
    )  # fmt: skip


async def test_two_rows_of_one_symbol_refine_each_other(pool: Pool) -> None:
    first = Listing(symbol="A", name="Agilent", exchange="NYSE")
    assert await put_listings(pool, first, Listing(symbol="A", name="A", name_ko="애질런트")) == Written(1, 0, 1)
    (known,) = (await all_listings(pool)).values()
    assert (known.name, known.name_ko, known.exchange) == ("Agilent", "애질런트", "NYSE")


async def test_sample_listing_gives_way_to_a_real_one_and_never_the_other_way(pool: Pool) -> None:
    await put_listings(pool, Listing(symbol="AAPL", name="Apple sample", aliases=("apple",), sample=True))
    assert await put_listings(pool, Listing(symbol="AAPL", name="Apple Inc.")) == Written(0, 1, 0)
    assert await put_listings(pool, Listing(symbol="AAPL", name="Apple sample", sample=True)) == Written(0, 0, 1)
    (known,) = (await all_listings(pool)).values()
    assert (known.name, known.sample) == ("Apple Inc.", False)


async def test_ensured_listings_are_bare_and_made_once(pool: Pool) -> None:
    async with pool.acquire() as conn, conn.transaction():
        assert await ensure_listings(conn, ["B", "A", "B"]) == ["A", "B"]
        assert await ensure_listings(conn, ["C", "A"]) == ["C"]


async def test_bars_corrections_become_revisions(pool: Pool) -> None:
    await put_listings(pool, Listing(symbol="AAPL", name="Apple"))
    assert await put_bars(pool, [bar("10")]) == Written(1, 0, 0)
    assert await put_bars(pool, [bar("10.0")]) == Written(0, 0, 1)
    assert await put_bars(pool, [bar("11", adj_close=Decimal("9"))]) == Written(0, 1, 0)
    assert await put_bars(pool, [bar("11", volume=None)]) == Written(0, 0, 1)
    row = await pool.fetchrow("SELECT close, adj_close, volume FROM bars")
    assert row is not None
    assert tuple(row) == (Decimal(11), Decimal(9), 5)
    assert await pool.fetchval("SELECT array_agg(close) FROM bar_revisions") == [Decimal(10)]


async def test_real_bars_replace_sample_bars_wholly(pool: Pool) -> None:
    await put_listings(pool, Listing(symbol="AAPL", name="Apple"))
    await put_bars(pool, [bar("10", adj_close=Decimal("9"))], "sample")
    assert await put_bars(pool, [bar("10")], "yahoo") == Written(0, 1, 0)
    assert await pool.fetchval("SELECT adj_close FROM bars") is None
    assert await put_bars(pool, [bar("3")], "sample") == Written(0, 0, 1)


async def test_bars_of_several_intervals_and_repeats_in_one_call(pool: Pool) -> None:
    await put_listings(pool, Listing(symbol="AAPL", name="Apple"))
    given_bars = [bar("1"), bar("2"), bar("3", interval="1m"), bar("4", interval="1h")]
    assert await put_bars(pool, given_bars) == Written(3, 0, 1)
    rows = await pool.fetch("SELECT interval, close FROM bars ORDER BY interval")
    assert {row["interval"]: row["close"] for row in rows} == {"1d": 2, "1h": 4, "1m": 3}


async def test_bars_without_a_listing_or_without_sense_are_refused_whole(pool: Pool) -> None:
    with pytest.raises(UnknownSymbol):
        await put_bars(pool, [bar()])
    await put_listings(pool, Listing(symbol="AAPL", name="Apple"))
    for broken in (bar("NaN"), bar("0"), bar(volume=-1), bar(high=Decimal(1), low=Decimal(2))):
        with pytest.raises(ValueError, match="the 1d bar of AAPL"):
            await put_bars(pool, [bar(start=DAY + timedelta(days=1)), broken])
    assert await pool.fetchval("SELECT count(*) FROM bars") == 0


async def test_posts_wait_for_scoring_when_new_or_said_differently(pool: Pool) -> None:
    assert await put_posts(pool, [post(), post("other", external_id="2")]) == Written(2, 0, 0)
    assert await pool.fetchval("SELECT count(*) FROM score_queue") == 2
    await pool.execute("DELETE FROM score_queue")
    assert await put_posts(pool, [post(reach=7), post("other", external_id="2")]) == Written(0, 0, 2)
    assert await pool.fetchval("SELECT count(*) FROM score_queue") == 0
    assert await put_posts(pool, [post("hello again")]) == Written(0, 1, 0)
    assert await pool.fetchval("SELECT count(*) FROM score_queue") == 1
    row = await pool.fetchrow("SELECT text, edited_at, observed_at FROM posts WHERE external_id = '1'")
    assert row is not None
    assert row["text"] == "hello again"
    assert row["edited_at"] > row["observed_at"]


async def test_older_versions_and_copies_of_unknown_age_change_no_edited_post(pool: Pool) -> None:
    edited = post("second", edited_at=DAY + timedelta(hours=2))
    await put_posts(pool, [edited])
    assert await put_posts(pool, [post("first", edited_at=DAY + timedelta(hours=1))]) == Written(0, 0, 1)
    assert await put_posts(pool, [post("first")], live=False) == Written(0, 0, 1)
    assert await put_posts(pool, [post("third", edited_at=DAY + timedelta(hours=3))], live=False) == Written(0, 1, 0)


async def test_forgotten_posts_stay_forgotten(pool: Pool) -> None:
    await put_posts(pool, [post("my words", title="mine", url="https://example.org/1", reach=9)])
    await pool.execute("DELETE FROM score_queue")
    async with pool.acquire() as conn, conn.transaction():
        assert await forget_posts(conn, "x", ["1", "1", "unknown"]) == 1
        assert await forget_posts(conn, "x", ["1"]) == 0
    row = await pool.fetchrow("SELECT author, author_since, title, text, url, reach, content_hash FROM posts")
    assert row is not None
    assert set(row) == {None}
    assert await pool.fetchval("SELECT count(*) FROM score_queue") == 1
    assert await put_posts(pool, [post("my words")]) == Written(0, 0, 1)
    assert await pool.fetchval("SELECT text FROM posts") is None


async def test_forgetting_strips_the_quoted_words_from_explanations(pool: Pool) -> None:
    await put_posts(pool, [post("great")])
    await pool.execute("INSERT INTO scorers (name) VALUES ('vader@1')")
    await pool.execute(
        "INSERT INTO scores SELECT p.id, s.id, 0.5, 'positive', $1::text::jsonb, now() FROM posts p, scorers s",
        '[["great", 0, 5, 1.0]]',
    )
    async with pool.acquire() as conn, conn.transaction():
        await forget_posts(conn, "x", ["1"])
    assert await pool.fetchval("SELECT explanation::text FROM scores") == "[]"


async def test_actions_are_appended_only_when_they_differ(pool: Pool) -> None:
    await put_listings(pool, Listing(symbol="AAPL", name="Apple"))

    async def put(value: str) -> Written:
        async with pool.acquire() as conn, conn.transaction():
            action = Action(symbol="AAPL", kind="split", ex_date=date(2020, 8, 31), value=Decimal(value))
            return await store_actions(conn, [action], source="yahoo")

    assert [await put(value) for value in ("4", "4.0", "2", "4")] == [
        Written(1, 0, 0), Written(0, 0, 1), Written(0, 1, 0), Written(0, 1, 0),
    ]  # fmt: skip
    values = await pool.fetch("SELECT value FROM corporate_actions ORDER BY observed_at")
    assert [row["value"] for row in values] == [4, 2, 4]


async def test_cursors_and_coverage(pool: Pool) -> None:
    async with pool.acquire() as conn, conn.transaction():
        assert await read_cursor(conn, "x", "stocks") is None
        await save_cursor(conn, "x", "stocks", {"since": "1"})
        await save_cursor(conn, "x", "stocks", {"since": "2"})
        assert await read_cursor(conn, "x", "stocks") == {"since": "2"}
        now = datetime.now(UTC)
        await record_coverage(
            conn, Coverage(source="x", stream="stocks", window_start=now, window_end=now, state="ok", received=3)
        )
    assert await pool.fetchval("SELECT received FROM coverage") == 3


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3), st.integers(0, 2)), max_size=12))
async def test_any_batch_of_bars_stored_twice_equals_once(pool: Pool, rows: list[tuple[int, int, int]]) -> None:
    await put_listings(pool, *(Listing(symbol=f"S{n}", name=f"S{n}") for n in range(3)))
    bars = [bar(str(price), symbol=f"S{n}", start=DAY + timedelta(days=day)) for day, price, n in rows]
    await put_bars(pool, bars)
    everything = (
        "SELECT array_agg(t::text ORDER BY t::text) FROM (SELECT * FROM bars UNION ALL SELECT * FROM bar_revisions) t"
    )
    before = await pool.fetchval(everything)
    assert await put_bars(pool, bars) == Written(0, 0, len(bars))
    assert await pool.fetchval(everything) == before
