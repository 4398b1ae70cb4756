"""Rescoring beside all that goes on: readers, edits, deletions, other rescorings. The newest words win."""

import asyncio

from lib.db.ingest.posts import forget_posts, store_posts
from lib.db.lookups import queue_posts_with
from lib.db.pool import Pool
from lib.db.scoring import waiting
from lib.db.scoring.rescoring import Rescoring
from lib.scoring.registry import get_scorer
from tests.support.rescoring import held_before_commit, rescore_all, run_shard, shards_of, until_waiting
from tests.support.scoring import assert_buckets_equal_posts, make_reader, post, score_all, store
from tests.support.seed import add_scorer

KOREAN = Rescoring(scorer="korean@1")
_BOTH = (get_scorer("vader@1"), get_scorer("korean@1"))

_LABELS = """
SELECT s.label FROM scores s JOIN scorers c ON c.id = s.scorer_id WHERE c.name = 'korean@1' ORDER BY s.post_id
"""


async def labels(pool: Pool) -> list[str]:
    """By korean@1, in the order of the posts."""
    return [row["label"] for row in await pool.fetch(_LABELS)]


async def test_an_edit_meanwhile_waits_and_is_read_afterwards(pool: Pool) -> None:
    both = await make_reader(pool, scorers=_BOTH)
    await store(pool, [post(1, "$AAPL 급등")])
    await score_all(pool, await make_reader(pool))
    async with held_before_commit(pool):
        rescoring = asyncio.create_task(rescore_all(pool, KOREAN))
        await until_waiting(pool, 1)
        editing = asyncio.create_task(store(pool, [post(1, "$AAPL 폭락")]))
        await until_waiting(pool, 2)
    await asyncio.gather(rescoring, editing)
    assert await waiting(pool) == 1
    await score_all(pool, both)
    assert await labels(pool) == ["negative"]
    await assert_buckets_equal_posts(pool, both)


async def test_a_deletion_meanwhile_leaves_no_words_and_no_count(pool: Pool) -> None:
    both = await make_reader(pool, scorers=_BOTH)
    await store(pool, [post(1, "$AAPL 급등")])
    await score_all(pool, await make_reader(pool))

    async def forget() -> None:
        async with pool.acquire() as conn, conn.transaction():
            assert await forget_posts(conn, "test", ["1"]) == 1

    async with held_before_commit(pool):
        rescoring = asyncio.create_task(rescore_all(pool, KOREAN))
        await until_waiting(pool, 1)
        forgetting = asyncio.create_task(forget())
        await until_waiting(pool, 2)
    await asyncio.gather(rescoring, forgetting)
    assert await pool.fetchval("SELECT count(*) FROM scores WHERE explanation <> '[]'") == 0
    await score_all(pool, both)
    assert await pool.fetchval("SELECT count(*) FROM scores") == 0
    assert await pool.fetchval("SELECT sum(posts) FROM sentiment_buckets") == 0


async def test_a_post_to_be_read_once_more_is_not_read_before_its_rescoring_ends(pool: Pool) -> None:
    both = await make_reader(pool, scorers=_BOTH)
    await store(pool, [post(1, "$AAPL 급등")])
    await score_all(pool, await make_reader(pool))

    async def read_again() -> None:
        async with pool.acquire() as conn, conn.transaction():
            await queue_posts_with(conn, "AAPL", among=10)
        await score_all(pool, both)

    async with held_before_commit(pool):
        rescoring = asyncio.create_task(rescore_all(pool, KOREAN))
        await until_waiting(pool, 1)
        reading = asyncio.create_task(read_again())
        await until_waiting(pool, 2)
    await asyncio.gather(rescoring, reading)
    assert await labels(pool) == ["positive"]
    await assert_buckets_equal_posts(pool, both)


async def test_a_post_that_a_reader_holds_is_left_to_it(pool: Pool) -> None:
    both = await make_reader(pool, scorers=_BOTH)
    # a scorer's first use adds its name, for which others wait
    await add_scorer(pool, "korean@1")
    await store(pool, [post(number, "$AAPL 급등") for number in range(2)])
    async with held_before_commit(pool):
        reading = asyncio.create_task(score_all(pool, both, limit=1))
        await until_waiting(pool, 1)
        (shard,) = await shards_of(pool, KOREAN)
        assert (await run_shard(pool, KOREAN, shard)).posts == 0
    await reading
    assert await labels(pool) == ["positive"] * 2
    await assert_buckets_equal_posts(pool, both)


async def test_of_two_that_wait_for_each_other_it_is_the_rescoring_that_gives_way(pool: Pool) -> None:
    await store(pool, [post(number, "$AAPL 급등") for number in range(3)])
    await score_all(pool, await make_reader(pool))
    async with pool.acquire() as conn, conn.transaction():
        await store_posts(conn, [post(2, "$AAPL 폭락")])
        rescoring = asyncio.create_task(rescore_all(pool, KOREAN))
        await until_waiting(pool, 1)
        await store_posts(conn, [post(0, "$AAPL 폭락")])
    (result,) = await rescoring
    assert (result.posts, result.skipped) == (1, 2)
    both = await make_reader(pool, scorers=_BOTH)
    await score_all(pool, both)
    assert await labels(pool) == ["negative", "positive", "negative"]
    await assert_buckets_equal_posts(pool, both)


async def test_beside_readers_edits_deletions_and_itself_nothing_is_lost_or_counted_twice(pool: Pool) -> None:
    texts = ("$AAPL great 급등", "$MSFT 폭락", "$TSLA awful, $AAPL 급등")
    await store(
        pool, [post(number, texts[number % 3], author=f"a{number % 9}", minute=number % 7) for number in range(240)]
    )
    await score_all(pool, await make_reader(pool))
    both = await make_reader(pool, scorers=_BOTH)

    async def change() -> None:
        for number in range(0, 240, 3):
            await store(pool, [post(number, "$MSFT awful 하한가", author="bob", minute=number % 5)])
            async with pool.acquire() as conn, conn.transaction():
                await forget_posts(conn, "test", [str(number + 1)])

    async def read() -> None:
        while not changing.done():
            await score_all(pool, both, limit=7)
            await asyncio.sleep(0)

    changing = asyncio.create_task(change())
    await asyncio.gather(changing, read(), rescore_all(pool, KOREAN, size=13), rescore_all(pool, KOREAN, size=31))
    await score_all(pool, both)
    await rescore_all(pool, KOREAN)
    assert len(await labels(pool)) == 160
    assert await pool.fetchval("SELECT count(*) FROM scores") == 320
    await assert_buckets_equal_posts(pool, both)
