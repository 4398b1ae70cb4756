"""Posts whose deletions must be followed are looked at in time, and what is gone is forgotten for good."""

from datetime import timedelta

import msgspec

from lib.collect.gate import Gate
from lib.collect.posts import collect_stream
from lib.collect.verification import Sweep, sweep
from lib.db.ingest.posts import store_posts
from lib.db.pool import Pool
from lib.errors import OverBudget
from lib.sources.posts import Page
from tests.support.scoring import assert_buckets_equal_posts, make_reader, score_all
from tests.support.streams import Played, opened, page

DAY = timedelta(days=1)

_AGE = "UPDATE posts SET verify_after = verify_after - $1::interval"
_LEFT = "SELECT external_id FROM posts WHERE deleted_at IS NULL AND text IS NOT NULL ORDER BY external_id"


async def held(pool: Pool, *names: str) -> Played:
    """A source whose posts `names` were collected a day ago, all of them still there."""
    given: Page = page(0, 5, *names)
    source = Played(given)
    await collect_stream(pool, source, "posts/all", gate=Gate(), verify_within=DAY)
    source.there = {post.external_id: post for post in given.posts}
    await pool.execute(_AGE, DAY)
    return source


async def left(pool: Pool) -> list[str]:
    return [row["external_id"] for row in await pool.fetch(_LEFT)]


async def test_what_is_gone_is_forgotten_and_its_buckets_are_recounted(pool: Pool) -> None:
    source = await held(pool, "a", "b", "c", "d")
    reader = await make_reader(pool)
    await score_all(pool, reader)
    del source.there["b"]

    result = await sweep(pool, opened(source))

    assert (result.looked_at, result.gone, result.watched, result.overdue) == (4, 1, 3, 0)
    assert await left(pool) == ["a", "c", "d"]
    gone = await pool.fetchrow("SELECT author, title, text, url, verify_after FROM posts WHERE external_id = 'b'")
    assert list(gone or ()) == [None] * 5
    before = await pool.fetchval("SELECT count(*) FROM sentiment_bucket_revisions")
    await score_all(pool, reader)
    await assert_buckets_equal_posts(pool, reader)
    assert await pool.fetchval("SELECT count(*) FROM sentiment_bucket_revisions") > before, "the past stays"


async def test_what_is_there_is_due_again_only_a_day_later(pool: Pool) -> None:
    source = await held(pool, "a", "b")
    assert (await sweep(pool, opened(source))).looked_at == 2
    assert (await sweep(pool, opened(source))).looked_at == 0
    await pool.execute(_AGE, DAY)
    assert (await sweep(pool, opened(source))).looked_at == 2
    assert source.looks == [["a", "b"], ["a", "b"]]


async def test_what_reads_otherwise_is_an_edit(pool: Pool) -> None:
    source = await held(pool, "a")
    source.there["a"] = msgspec.structs.replace(source.there["a"], text="$AAPL is something else")
    assert (await sweep(pool, opened(source))).edited == 1
    row = await pool.fetchrow("SELECT text, edited_at IS NOT NULL FROM posts")
    assert tuple(row or ()) == ("$AAPL is something else", True)


async def test_old_posts_are_looked_at_no_more_where_the_source_says_so(pool: Pool) -> None:
    source = await held(pool, "a")
    result = await sweep(pool, opened(source)._replace(verify_for=DAY))
    assert (result.looked_at, result.watched) == (1, 0)


async def test_what_cannot_be_judged_stays_due_and_holds_nothing_up(pool: Pool) -> None:
    source = await held(pool, *"abcdefgh")
    source.unsure = set("abcd")
    result: Sweep = await sweep(pool, opened(source))
    assert (result.looked_at, result.overdue) == (8, 4)
    assert sorted(name for look in source.looks for name in look) == list("abcdefgh")


async def test_a_spent_budget_ends_the_sweep_and_says_what_is_overdue(pool: Pool) -> None:
    source = await held(pool, "a", "b")
    source.script.append(OverBudget("played", "It would cost too much."))
    result = await sweep(pool, opened(source))
    assert (result.gone, result.overdue, result.reason) == (0, 2, "It would cost too much.")
    assert await left(pool) == ["a", "b"]


async def test_everything_watched_can_be_looked_at_once_due_or_not(pool: Pool) -> None:
    source = await held(pool, *"abcdefg")
    assert (await sweep(pool, opened(source))).looked_at == 7
    assert (await sweep(pool, opened(source), everything=True)).looked_at == 7
    assert sorted(name for look in source.looks[3:] for name in look) == list("abcdefg")


async def test_a_sweep_can_be_bounded(pool: Pool) -> None:
    source = await held(pool, *"abcde")
    assert (await sweep(pool, opened(source), most=2)).looked_at == 2
    assert (await sweep(pool, opened(source), most=2)).overdue == 1


async def test_imported_posts_are_nobodys_duty(pool: Pool) -> None:
    given = page(0, 5, "a").posts
    async with pool.acquire() as conn, conn.transaction():
        await store_posts(conn, given, live=False)
    source = Played()
    assert (await sweep(pool, opened(source))).looked_at == 0
    assert source.looks == []
