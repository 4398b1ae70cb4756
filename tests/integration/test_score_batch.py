"""One batch: what it stores, what it survives, and several of them side by side."""

import asyncio
import threading
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from lib.db.ingest.posts import forget_posts, store_posts
from lib.db.ingest.symbols import store_listings
from lib.db.pool import Pool, open_pool
from lib.db.scoring import Readers, score_batch, waiting
from lib.domain.sentiment import Term
from lib.domain.symbols import Listing
from lib.errors import UnknownScorer
from tests.support.scoring import DAY, assert_buckets_equal_posts, make_reader, post, score_all, store

_TEXTS = ("$AAPL great", "$AAPL and $MSFT are awful", "$TSLA good, $AAPL bad", "nothing")
_ALL_SCORES = "SELECT post_id, value, label FROM scores ORDER BY post_id"


async def test_a_batch_stores_mentions_score_and_explanation(pool: Pool) -> None:
    reader = await make_reader(pool)
    await store(pool, [post(1, "I love $AAPL!")])
    result = await score_batch(pool, reader, limit=10)
    assert (result.posts, result.mentions, result.deleted, result.buckets) == (1, 1, 0, 1)
    mention = await pool.fetchrow("SELECT m.*, s.symbol FROM mentions m JOIN symbols s ON s.id = m.symbol_id")
    assert mention is not None
    assert (mention["symbol"], mention["method"], mention["span_start"], mention["span_end"]) == (
        "AAPL",
        "cashtag",
        7,
        12,
    )
    assert mention["published_at"] == DAY
    score = await pool.fetchrow("SELECT * FROM scores")
    assert score is not None
    assert (score["value"], score["label"]) == (Decimal("0.6696"), "positive")
    terms = msgspec.json.decode(score["explanation"], type=tuple[Term, ...])
    assert [(term.text, term.start, term.end) for term in terms] == [("love", 2, 6), ("!", 12, 13)]
    assert await waiting(pool) == 0
    assert (await score_batch(pool, reader, limit=10)).taken == 0


async def test_a_batch_takes_no_more_than_its_limit_and_the_oldest_first(pool: Pool) -> None:
    reader = await make_reader(pool)
    await store(pool, [post(number, "$AAPL good") for number in range(5)])
    assert (await score_batch(pool, reader, limit=2)).posts == 2
    ids = [row["id"] for row in await pool.fetch("SELECT id FROM posts ORDER BY id")]
    assert [row["post_id"] for row in await pool.fetch(_ALL_SCORES)] == ids[:2]
    assert await waiting(pool) == 3


async def test_statistics_that_call_every_table_empty_neither_slow_a_batch_nor_widen_it(
    pool: Pool, database_url: str
) -> None:
    # what an analysis leaves behind that ran while the first rows were still uncommitted; a bad plan takes minutes then
    reader = await make_reader(pool)
    await store(pool, [post(number, "$AAPL great", minute=number % 50) for number in range(9000)])
    await score_batch(pool, reader, limit=3000)
    await pool.execute("""
        UPDATE pg_class SET reltuples = 0, relpages = pg_relation_size(oid) / 8192
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')
    """)
    async with open_pool(database_url, application="insitechart-test", statement_timeout_s=5) as impatient:
        assert [(await score_batch(impatient, reader, limit=2000)).posts for _ in range(3)] == [2000] * 3
    await assert_buckets_equal_posts(pool, reader)


async def test_an_edited_post_loses_what_was_read_from_its_old_words(pool: Pool) -> None:
    reader = await make_reader(pool)
    await store(pool, [post(1, "$AAPL great")])
    await score_all(pool, reader)
    await store(pool, [post(1, "$MSFT awful", minute=30)])
    await score_all(pool, reader)
    rows = await pool.fetch("SELECT s.symbol, m.published_at FROM mentions m JOIN symbols s ON s.id = m.symbol_id")
    assert [tuple(row) for row in rows] == [("MSFT", DAY + timedelta(minutes=30))]
    assert [row["label"] for row in await pool.fetch(_ALL_SCORES)] == ["negative"]
    await assert_buckets_equal_posts(pool, reader)


async def test_a_batch_that_fails_leaves_everything_as_it_was(pool: Pool) -> None:
    def stumble(text: str) -> None:
        if "stone" in text:
            raise RuntimeError("stumbled")

    await store(pool, [post(1, "$AAPL great"), post(2, "a stone")])
    with pytest.raises(RuntimeError, match="stumbled"):
        await score_batch(pool, await make_reader(pool, before=stumble), limit=10)
    assert await waiting(pool) == 2
    assert await pool.fetchval("SELECT count(*) FROM mentions") == 0
    assert sum(result.posts for result in await score_all(pool, await make_reader(pool))) == 2


async def test_a_symbol_dropped_since_the_reader_was_built_breaks_nothing(pool: Pool) -> None:
    reader = await make_reader(pool)
    await store(pool, [post(1, "$AAPL $MSFT great")])
    await pool.execute("DELETE FROM symbols WHERE symbol = 'AAPL'")
    assert (await score_batch(pool, reader, limit=10)).mentions == 1
    await assert_buckets_equal_posts(pool, reader)


async def test_side_by_side_every_post_is_read_once_and_every_bucket_is_whole(pool: Pool) -> None:
    reader = await make_reader(pool)
    posts = [post(number, _TEXTS[number % 4], author=f"a{number % 9}", minute=number % 12) for number in range(600)]
    await store(pool, posts)
    results = await asyncio.gather(*(score_all(pool, reader, limit=11) for _ in range(6)))
    assert sum(result.posts for worker in results for result in worker) == 600
    assert sum(result.mentions for worker in results for result in worker) == 750
    assert await pool.fetchval("SELECT count(*) FROM scores") == 600
    assert await waiting(pool) == 0
    await assert_buckets_equal_posts(pool, reader)


async def test_edits_and_deletions_meanwhile_are_neither_lost_nor_counted_twice(pool: Pool) -> None:
    reader = await make_reader(pool)
    await store(pool, [post(number, "$AAPL great", minute=number % 7) for number in range(300)])

    async def change() -> None:
        for number in range(0, 300, 3):
            await store(pool, [post(number, "$MSFT awful", author="bob", minute=number % 5)])
            async with pool.acquire() as conn, conn.transaction():
                await forget_posts(conn, "test", [str(number + 1)])

    await asyncio.gather(change(), *(score_all(pool, reader, limit=13) for _ in range(4)))
    await score_all(pool, reader)
    assert await pool.fetchval("SELECT count(*) FROM scores") == 200
    await assert_buckets_equal_posts(pool, reader)


async def test_an_edit_during_a_reading_is_read_afterwards(pool: Pool) -> None:
    started, go_on = threading.Event(), threading.Event()

    def hold(text: str) -> None:
        started.set()
        go_on.wait(30)

    slow, reader = await make_reader(pool, before=hold), await make_reader(pool)
    await store(pool, [post(1, "$AAPL great")])
    reading = asyncio.create_task(score_batch(pool, slow, limit=10))
    await asyncio.to_thread(started.wait, 30)
    editing = asyncio.create_task(store(pool, [post(1, "$AAPL awful")]))
    await _until_someone_waits_for_a_lock(pool)
    go_on.set()
    await asyncio.gather(reading, editing)
    assert await waiting(pool) == 1
    await score_all(pool, reader)
    assert [row["label"] for row in await pool.fetch(_ALL_SCORES)] == ["negative"]
    await assert_buckets_equal_posts(pool, reader)


async def test_a_post_that_is_being_edited_is_left_for_later(pool: Pool) -> None:
    reader = await make_reader(pool)
    await store(pool, [post(1, "$AAPL great"), post(2, "$AAPL good")])
    async with pool.acquire() as conn, conn.transaction():
        await store_posts(conn, [post(1, "$AAPL awful")])
        assert (await score_batch(pool, reader, limit=10)).posts == 1
    assert (await score_batch(pool, reader, limit=10)).posts == 1
    assert [row["label"] for row in await pool.fetch(_ALL_SCORES)] == ["negative", "positive"]


async def test_a_reader_is_kept_until_the_listings_change(pool: Pool) -> None:
    readers = Readers(["vader@1"])
    await make_reader(pool)
    first = await readers.current(pool)
    assert await readers.current(pool) is first
    assert not first.read(None, "$NEWCO is great").mentions
    async with pool.acquire() as conn, conn.transaction():
        await store_listings(conn, [Listing(symbol="NEWCO", name="New Company")])
    assert len((await readers.current(pool)).read(None, "$NEWCO is great").mentions) == 1


def test_readers_of_an_unknown_scorer_are_refused() -> None:
    with pytest.raises(UnknownScorer):
        Readers(["vader@0"])


async def _until_someone_waits_for_a_lock(pool: Pool) -> None:
    while not await pool.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
        pass


async def test_what_was_stored_last_can_be_read_first(pool: Pool) -> None:
    reader = await make_reader(pool)
    await store(pool, [post(number, "$AAPL is great") for number in range(5)])
    await score_batch(pool, reader, limit=2, newest=True)
    read = await pool.fetch("SELECT external_id FROM posts JOIN scores ON scores.post_id = posts.id ORDER BY 1")
    assert [row["external_id"] for row in read] == ["3", "4"]
