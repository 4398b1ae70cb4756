"""Copies are counted once in the filtered counts, whatever happens to them and in whatever order it comes."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from lib.db.migrate import migrations
from lib.db.pool import Pool
from lib.db.scoring import score_batch
from lib.domain.sentiment import Score
from tests.support.scoring import (
    DAY,
    Counts,
    assert_buckets_equal_posts,
    forget,
    make_reader,
    post,
    score_all,
    store,
    stored_buckets,
)
from tests.support.storms import TEXT, calm, storm

_QUEUE_ALL = "INSERT INTO score_queue (post_id) SELECT id FROM posts ON CONFLICT DO NOTHING"
_AS_OF = """
SELECT b::text FROM symbols s, scorers c, buckets_as_of(s.id, c.id, '-infinity', 'infinity', $1) b ORDER BY 1
"""


class PerMention:
    """Likes the first place and hates the rest."""

    name = "picky@1"

    def score(self, text: str, *, lang: str | None = None) -> Score:
        return Score(0.0, "neutral", 0.0, ())

    def score_mentions(self, text: str, places: list[tuple[int, int]]) -> list[float]:
        return [0.9 if start == min(places)[0] else -0.7 for start, _ in places]


async def bucket(pool: Pool, minute: int = 0, symbol: str = "AAPL") -> Counts:
    return (await stored_buckets(pool))[symbol, "vader@1", "test", DAY + timedelta(minutes=minute)]


async def test_a_storm_of_copies_moves_the_raw_counts_and_hardly_the_filtered_ones(pool: Pool) -> None:
    reader = await make_reader(pool)
    await store(pool, [*calm(DAY), *storm(DAY)])
    await score_all(pool, reader, limit=60)
    counts = await bucket(pool)
    assert (counts.posts, counts.filtered_posts) == (205, 6)
    assert (counts.authors, len(counts.filtered_author_hashes)) == (8, 6)
    assert counts.positive >= 203
    assert counts.filtered_positive <= 4
    assert counts.most_by_one == max(counts.author_posts) == 67
    assert (counts.aged_posts, counts.new_account_posts) == (205, 200)
    await assert_buckets_equal_posts(pool, reader)


async def test_a_person_who_repeats_himself_counts_once(pool: Pool) -> None:
    await store(pool, [post(number, "$AAPL great, just great", minute=number / 10) for number in range(30)])
    await score_all(pool, await make_reader(pool))
    assert ((await bucket(pool)).posts, (await bucket(pool)).filtered_posts) == (30, 1)


async def test_a_later_copy_does_not_count_in_another_bucket_and_does_after_three_days(pool: Pool) -> None:
    minutes = [0, 60, 3 * 1440 + 59, 6 * 1440 + 60]
    await store(pool, [post(number, TEXT, author=f"a{number}", minute=at) for number, at in enumerate(minutes)])
    reader = await make_reader(pool)
    await score_all(pool, reader)
    firsts = [(await bucket(pool, at - at % 5)).filtered_posts for at in minutes]
    # each is a copy of the one before it, but for the last, which comes three days and a minute later
    assert firsts == [1, 0, 0, 1]
    await assert_buckets_equal_posts(pool, reader)


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]])
async def test_the_first_that_was_said_counts_whichever_was_stored_first(pool: Pool, order: Sequence[int]) -> None:
    reader = await make_reader(pool)
    for number in order:
        await store(pool, [post(number, f"{TEXT} http://example.com/{number}", author=f"a{number}", minute=number * 7)])
        await score_all(pool, reader)
        await assert_buckets_equal_posts(pool, reader)
    assert [(await bucket(pool, start)).filtered_posts for start in (0, 5, 10, 20)] == [1, 0, 0, 0]


async def test_when_the_first_is_deleted_or_edited_the_next_one_counts(pool: Pool) -> None:
    reader = await make_reader(pool)
    await store(pool, [post(number, TEXT, author=f"a{number}", minute=number * 10) for number in range(4)])
    await score_all(pool, reader)
    moment = await pool.fetchval("SELECT clock_timestamp()")
    before = await pool.fetch(_AS_OF, moment)
    await forget(pool, 0)
    await score_all(pool, reader)
    assert [(await bucket(pool, start)).filtered_posts for start in (0, 10, 20, 30)] == [0, 1, 0, 0]
    await store(pool, [post(1, f"{TEXT} or not?", author="a1", minute=10)])
    await score_all(pool, reader)
    assert [(await bucket(pool, start)).filtered_posts for start in (0, 10, 20, 30)] == [0, 1, 1, 0]
    await store(pool, [post(1, TEXT, author="a1", minute=10)])
    await score_all(pool, reader)
    assert [(await bucket(pool, start)).filtered_posts for start in (0, 10, 20, 30)] == [0, 1, 0, 0]
    await assert_buckets_equal_posts(pool, reader)
    assert await pool.fetch(_AS_OF, moment) == before


async def test_reading_again_changes_nothing_and_leaves_no_revision(pool: Pool) -> None:
    reader = await make_reader(pool)
    await store(pool, [*calm(DAY), *storm(DAY, 40)])
    await score_all(pool, reader)
    keys = await pool.fetch("SELECT * FROM text_keys ORDER BY 1, 2, 3")
    await pool.execute(_QUEUE_ALL)
    assert sum(result.buckets for result in await score_all(pool, reader, limit=7)) == 0
    assert await pool.fetch("SELECT * FROM text_keys ORDER BY 1, 2, 3") == keys


async def test_writers_side_by_side_agree_on_who_was_first(pool: Pool) -> None:
    reader = await make_reader(pool)
    posts = [
        post(number, f"{TEXT} of course" if number % 3 else TEXT, author=f"a{number % 17}", minute=number % 40 * 3)
        for number in range(400)
    ]
    await store(pool, posts)
    await asyncio.gather(*(score_all(pool, reader, limit=9) for _ in range(6)))
    await assert_buckets_equal_posts(pool, reader)
    assert sum(counts.filtered_posts for counts in (await stored_buckets(pool)).values()) <= 2


async def test_sources_share_copies_but_what_is_invented_stands_alone(pool: Pool) -> None:
    await store(
        pool,
        [
            post(1, TEXT, source="sample"),
            post(2, TEXT, source="feeds", minute=1),
            post(3, f"{TEXT} https://example.com", source="yahoo", minute=2),
        ],
    )
    await score_all(pool, await make_reader(pool))
    buckets = await stored_buckets(pool)
    firsts = {source: counts.filtered_posts for (_, _, source, _), counts in buckets.items()}
    assert firsts == {"sample": 1, "feeds": 1, "yahoo": 0}


async def test_keys_are_gone_with_the_post_and_hold_no_words(pool: Pool) -> None:
    reader = await make_reader(pool)
    await store(pool, [post(1, TEXT), post(2, "$AAPL and $MSFT look great to me")])
    await score_all(pool, reader)
    await pool.execute("DELETE FROM symbols WHERE symbol = 'MSFT'")
    assert await pool.fetchval("SELECT count(DISTINCT post_id) FROM text_keys") == 2
    await forget(pool, 1)
    await score_batch(pool, reader, limit=10)
    assert await pool.fetchval("SELECT count(DISTINCT post_id) FROM text_keys") == 1
    await pool.execute("DELETE FROM posts")
    assert await pool.fetchval("SELECT count(*) FROM text_keys") == 0
    assert await pool.fetchval("SELECT count(*) FROM mention_scores") == 0


async def test_each_mention_counts_with_its_own_value(pool: Pool) -> None:
    reader = await make_reader(pool, scorers=[PerMention()])
    await store(pool, [post(1, "$AAPL soars while $MSFT sinks")])
    await score_all(pool, reader)
    buckets = await stored_buckets(pool)
    apple, microsoft = (buckets[symbol, "picky@1", "test", DAY] for symbol in ("AAPL", "MSFT"))
    assert (apple.positive, apple.negative, float(apple.score_sum)) == (1, 0, 0.9)
    assert (microsoft.positive, microsoft.negative, float(microsoft.score_sum)) == (0, 1, -0.7)
    assert (microsoft.filtered_negative, float(microsoft.filtered_score_sum)) == (1, -0.7)
    assert await pool.fetchval("SELECT label FROM scores") == "neutral"
    await assert_buckets_equal_posts(pool, reader)


async def test_what_was_stored_before_copies_were_known_still_counts(pool: Pool) -> None:
    reader = await make_reader(pool)
    await store(pool, [post(1, "$AAPL great"), post(2, "$AAPL awful $MSFT", author="bob")])
    await score_all(pool, reader)
    await store(pool, [post(1, "$AAPL terrible")])
    await score_all(pool, reader)
    moment = await pool.fetchval("SELECT clock_timestamp()")
    raw = "SELECT b.posts, b.positive, b.score_sum, b.observed_at" + _AS_OF[len("\nSELECT b::text") :]
    then = await pool.fetch(raw, moment)
    [noise] = [migration for migration in migrations() if migration.name == "0008_noise"]
    async with pool.acquire() as conn:
        await conn.execute("""
            DROP FUNCTION sentiment_intervals, posts_before;
            DROP TRIGGER drop_text_keys ON mentions;
            DROP TRIGGER empty_text_keys ON mentions;
            DROP FUNCTION drop_text_keys, empty_text_keys;
            DROP TABLE mention_scores, text_keys;
            ALTER TABLE mentions DROP COLUMN keys;
            ALTER TABLE installation DROP COLUMN text_salt;
            ALTER TABLE posts ADD COLUMN duplicate_of bigint;
            DROP FUNCTION buckets_as_of;
        """)
        for table in ("sentiment_buckets", "sentiment_bucket_revisions"):
            await conn.execute(f"""
                ALTER TABLE {table} DROP COLUMN filtered_posts, DROP COLUMN filtered_positive,
                    DROP COLUMN filtered_negative, DROP COLUMN filtered_score_sum,
                    DROP COLUMN filtered_author_hashes, DROP COLUMN author_posts, DROP COLUMN most_by_one,
                    DROP COLUMN aged_posts, DROP COLUMN new_account_posts
            """)
        await conn.execute(noise.sql)
    assert await pool.fetch(raw, moment) == then
    buckets = await stored_buckets(pool)
    counts = buckets["AAPL", "vader@1", "test", DAY]
    assert (counts.posts, counts.filtered_posts, counts.filtered_negative) == (2, 2, 2)
    assert await pool.fetchval("SELECT count(*) FROM mention_scores") == 3
    await store(pool, [post(3, "$AAPL good", author="carol")])
    await score_all(pool, reader)
    assert (await stored_buckets(pool))["AAPL", "vader@1", "test", DAY].posts == 3
