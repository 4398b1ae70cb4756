"""Whatever happens to posts, and in whatever order: buckets equal a recount, and the past stays as it was known."""

from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.db.pool import Pool
from lib.db.scoring import score_batch
from lib.domain.sentiment import Score
from lib.scoring.registry import get_scorer
from tests.support.scoring import (
    DAY,
    assert_buckets_equal_posts,
    forget,
    make_reader,
    post,
    score_all,
    store,
    stored_buckets,
)

_EMPTY = """
TRUNCATE posts, score_queue, mentions, scores, sentiment_buckets, sentiment_bucket_revisions RESTART IDENTITY CASCADE
"""
_QUEUE_ALL = "INSERT INTO score_queue (post_id) SELECT id FROM posts ON CONFLICT DO NOTHING"
_AS_OF = """
SELECT b.* FROM symbols CROSS JOIN scorers sc
CROSS JOIN LATERAL buckets_as_of(symbols.id, sc.id, '-infinity', 'infinity', $1) b
ORDER BY b.symbol_id, b.scorer_id, b.source, b.start
"""

_LONG = "$AAPL the new phone is a wonder of design and everyone in the shop wanted to see it at once"
_TEXTS = [
    "$AAPL is great", "RT @ann: $AAPL is great", "awful $AAPL", "$AAPL $MSFT good!", "$TSLA", "nothing here",
    "$MSFT terrible, $GONE good", _LONG, f"RT @bob: {_LONG[:70]}…", f"{_LONG} really", f"{_LONG} 5%",
]  # fmt: skip
_STORE = st.tuples(
    st.just("store"),
    st.integers(0, 5),
    st.sampled_from(_TEXTS),
    st.sampled_from(["ann", "bob", None]),
    st.sampled_from([0, 2, 4.99, 5, 12, 3000, 4321, 4325, 7000]),
)
_FORGET = st.tuples(st.just("forget"), st.integers(0, 5))
_SCORE = st.tuples(st.just("score"), st.integers(1, 4))
_RESCORE = st.tuples(st.just("rescore"))


class Grumpy:
    """Says -0.5 to everything."""

    name = "grumpy@1"

    def score(self, text: str, *, lang: str | None = None) -> Score:
        return Score(-0.5, "negative", -1.0, ())


@given(st.lists(st.one_of(_STORE, _STORE, _SCORE, _FORGET, _RESCORE), max_size=14))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_buckets_equal_a_recount_and_the_past_stays(pool: Pool, steps: Sequence[tuple[Any, ...]]) -> None:
    await pool.execute(_EMPTY)
    reader = await make_reader(pool)
    known: list[tuple[object, str]] = []
    for kind, *rest in steps:
        if kind == "store":
            number, text, author, minute = rest
            await store(pool, [post(number, text, author=author, minute=minute)])
        elif kind == "forget":
            await forget(pool, rest[0])
        elif kind == "score":
            await score_batch(pool, reader, limit=rest[0])
        else:
            await pool.execute(_QUEUE_ALL)
            await score_all(pool, await make_reader(pool, scorers=[get_scorer("vader@1"), Grumpy()]))
        moment = await pool.fetchval("SELECT clock_timestamp()")
        known.append((moment, repr(await pool.fetch(_AS_OF, moment))))
    await pool.execute(_QUEUE_ALL)
    await score_all(pool, reader)
    await assert_buckets_equal_posts(pool, reader)
    for moment, answer in known:
        assert repr(await pool.fetch(_AS_OF, moment)) == answer


async def test_reading_again_what_did_not_change_leaves_no_revision(pool: Pool) -> None:
    reader = await make_reader(pool)
    await store(pool, [post(number, _TEXTS[number], minute=number) for number in range(len(_TEXTS))])
    await score_all(pool, reader)
    before = await pool.fetch("SELECT * FROM sentiment_buckets ORDER BY symbol_id, start")
    await pool.execute(_QUEUE_ALL)
    assert [result.buckets for result in await score_all(pool, reader)] == [0]
    assert await pool.fetch("SELECT * FROM sentiment_buckets ORDER BY symbol_id, start") == before
    assert await pool.fetchval("SELECT count(*) FROM sentiment_bucket_revisions") == 0


async def test_an_emptied_bucket_stays_with_zeros_and_its_past(pool: Pool) -> None:
    reader = await make_reader(pool)
    await store(pool, [post(1, "$AAPL great"), post(2, "$AAPL bad", author="bob", minute=1)])
    await score_all(pool, reader)
    await store(pool, [post(1, "$MSFT great")])
    await forget(pool, 2)
    results = await score_all(pool, reader)
    assert [(result.posts, result.deleted, result.mentions) for result in results] == [(1, 1, 1)]
    buckets = await stored_buckets(pool)
    assert buckets["AAPL", "vader@1", "test", DAY] == (0, 0, 0, 0, 0, [], 0, 0, 0, 0, [], [], 0, 0, 0)
    assert buckets["MSFT", "vader@1", "test", DAY][:4] == (1, 1, 1, 0)
    assert await pool.fetchval("SELECT posts FROM sentiment_bucket_revisions") == 2
    assert await pool.fetchval("SELECT count(*) FROM scores") == 1


async def test_a_deleted_post_no_longer_counts_once_anything_recounts_its_bucket(pool: Pool) -> None:
    reader = await make_reader(pool)
    await store(pool, [post(1, "$AAPL great"), post(2, "$AAPL bad", author="bob")])
    await score_all(pool, reader)
    await forget(pool, 2)
    await store(pool, [post(1, "$AAPL awful")])
    assert (await score_batch(pool, reader, limit=1)).posts == 1
    assert (await stored_buckets(pool))["AAPL", "vader@1", "test", DAY][:4] == (1, 1, 0, 1)


async def test_authors_are_counted_once_and_their_hashes_are_the_smallest_256(pool: Pool) -> None:
    reader = await make_reader(pool)
    await store(pool, [post(number, "$AAPL good", author=f"author {number % 300}") for number in range(600)])
    await score_all(pool, reader, limit=250)
    await assert_buckets_equal_posts(pool, reader)
    counts = (await stored_buckets(pool))["AAPL", "vader@1", "test", DAY]
    assert (counts[0], counts[1], len(counts[5])) == (600, 300, 256)
