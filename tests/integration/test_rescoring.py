"""One scorer over what was read long ago: what it stores, what it leaves alone, and that running it twice is once."""

from datetime import timedelta

import pytest

from lib.db.ingest.posts import forget_posts
from lib.db.pool import Pool, open_pool
from lib.db.scoring import score_batch, waiting
from lib.db.scoring.rescoring import Rescoring
from lib.errors import UnknownScorer
from lib.scoring.registry import get_scorer
from tests.support.rescoring import rescore_all, run_shard, shards_of
from tests.support.scoring import DAY, assert_buckets_equal_posts, make_reader, post, score_all, store

KOREAN = Rescoring(scorer="korean@1")
_BOTH = (get_scorer("vader@1"), get_scorer("korean@1"))
_TEXTS = ("$AAPL great", "$AAPL 급등, $MSFT awful", "$TSLA 폭락", "nothing")

_STATE = """
SELECT (SELECT json_agg(s ORDER BY post_id, scorer_id) FROM (
            SELECT post_id, scorer_id, value, label, explanation, scored_at, xmin::text
            FROM scores WHERE scorer_id <> $1) s)::text,
       (SELECT json_agg(m ORDER BY post_id, symbol_id) FROM (SELECT *, xmin::text FROM mentions) m)::text,
       (SELECT json_agg(p ORDER BY id) FROM (SELECT *, xmin::text FROM posts) p)::text
"""
_BY_KOREAN = """
SELECT p.external_id, s.label FROM scores s JOIN posts p ON p.id = s.post_id JOIN scorers c ON c.id = s.scorer_id
WHERE c.name = 'korean@1' ORDER BY p.id
"""
_OF_MENTIONS = """
SELECT y.symbol, m.value, m.label FROM mention_scores m JOIN symbols y ON y.id = m.symbol_id
JOIN scorers c ON c.id = m.scorer_id WHERE c.name = 'korean@1' ORDER BY m.post_id, y.symbol
"""


async def by_korean(pool: Pool) -> dict[str, str]:
    """The label that korean@1 gave each post."""
    return {row["external_id"]: row["label"] for row in await pool.fetch(_BY_KOREAN)}


async def read_some(pool: Pool, count: int = 12) -> None:
    """Posts that vader@1 has read."""
    await store(pool, [post(number, _TEXTS[number % 4], author=f"a{number}", minute=number) for number in range(count)])
    await score_all(pool, await make_reader(pool))


async def test_a_new_version_stands_beside_the_old_one_as_if_both_had_read_every_post(pool: Pool) -> None:
    await read_some(pool)
    results = await rescore_all(pool, KOREAN, size=5)
    assert [result.posts for result in results] == [5, 5, 2]
    assert sum(result.skipped for result in results) == 0
    assert (await by_korean(pool))["1"] == "positive"
    assert (await by_korean(pool))["2"] == "negative"
    await assert_buckets_equal_posts(pool, await make_reader(pool, scorers=_BOTH))
    assert await waiting(pool) == 0


async def test_every_mention_gets_a_value(pool: Pool) -> None:
    await read_some(pool, 3)
    (result,) = await rescore_all(pool, KOREAN)
    rows = await pool.fetch(_OF_MENTIONS)
    assert result.mentions == len(rows) == 4
    assert [(row["symbol"], row["label"]) for row in rows] == [
        ("AAPL", "neutral"), ("AAPL", "positive"), ("MSFT", "positive"), ("TSLA", "negative"),
    ]  # fmt: skip


async def test_what_others_scored_and_what_was_recognised_stays_as_it_is(pool: Pool) -> None:
    await read_some(pool)
    await pool.execute("INSERT INTO scorers (name) VALUES ('korean@1')")
    korean = await pool.fetchval("SELECT id FROM scorers WHERE name = 'korean@1'")
    before = await pool.fetchrow(_STATE, korean)
    await rescore_all(pool, KOREAN, size=4)
    assert await pool.fetchrow(_STATE, korean) == before


async def test_run_again_it_does_the_rest_alone(pool: Pool) -> None:
    await read_some(pool)
    plan = await shards_of(pool, KOREAN, size=4)
    assert [(shard.number, shard.posts) for shard in plan] == [(1, 4), (2, 4), (3, 4)]
    await run_shard(pool, KOREAN, plan[1])
    assert [shard.posts for shard in await shards_of(pool, KOREAN, size=100)] == [8]
    again = await run_shard(pool, KOREAN, plan[1])
    assert (again.posts, again.buckets, again.skipped) == (0, 0, 4)
    await rescore_all(pool, KOREAN)
    assert await shards_of(pool, KOREAN) == []
    await assert_buckets_equal_posts(pool, await make_reader(pool, scorers=_BOTH))


async def test_what_waits_is_left_to_the_scoring_that_is_due(pool: Pool) -> None:
    await read_some(pool, 4)
    await store(pool, [post(1, "$AAPL 폭락", minute=1), post(4, "$MSFT 급등")])
    (result,) = await rescore_all(pool, KOREAN)
    assert (result.posts, result.skipped) == (3, 2)
    assert sorted(await by_korean(pool)) == ["0", "2", "3"]
    assert await waiting(pool) == 2
    both = await make_reader(pool, scorers=_BOTH)
    await score_all(pool, both)
    assert (await by_korean(pool))["1"] == "negative"
    await assert_buckets_equal_posts(pool, both)


async def test_a_deleted_post_is_not_scored(pool: Pool) -> None:
    await read_some(pool, 4)
    async with pool.acquire() as conn, conn.transaction():
        await forget_posts(conn, "test", ["1"])
    await rescore_all(pool, KOREAN)
    await score_all(pool, await make_reader(pool))
    await rescore_all(pool, KOREAN)
    assert "1" not in await by_korean(pool)


async def test_sources_and_times_are_kept_to(pool: Pool) -> None:
    await store(pool, [post(number, "$AAPL 급등", minute=number, source="ab"[number % 2]) for number in range(10)])
    await score_all(pool, await make_reader(pool))
    start, end = DAY + timedelta(minutes=2), DAY + timedelta(minutes=6)
    await rescore_all(pool, Rescoring(scorer="korean@1", start=start, end=end, sources=("a",)))
    assert sorted(await by_korean(pool)) == ["2", "4"]
    await rescore_all(pool, Rescoring(scorer="korean@1", start=start, end=end))
    assert sorted(await by_korean(pool)) == ["2", "3", "4", "5"]
    by_scorer = await pool.fetch("SELECT sum(posts) AS posts FROM sentiment_buckets GROUP BY scorer_id ORDER BY 1")
    assert [row["posts"] for row in by_scorer] == [4, 10]


async def test_old_scores_of_the_same_scorer_are_replaced_on_demand_and_no_younger_ones(pool: Pool) -> None:
    await read_some(pool, 8)
    await rescore_all(pool, KOREAN)
    moment = await pool.fetchval("SELECT clock_timestamp()")
    anew = Rescoring(scorer="korean@1", scored_before=moment)
    plan = await shards_of(pool, anew, size=6)
    assert [shard.posts for shard in plan] == [6, 2]
    assert (await run_shard(pool, anew, plan[0])).posts == 6
    assert [shard.posts for shard in await shards_of(pool, anew)] == [2]
    assert [result.posts for result in await rescore_all(pool, anew)] == [2]
    assert await shards_of(pool, anew) == []
    await assert_buckets_equal_posts(pool, await make_reader(pool, scorers=_BOTH))


async def test_a_plan_without_posts_is_empty_and_an_unknown_scorer_is_refused(pool: Pool) -> None:
    assert await shards_of(pool, KOREAN) == []
    await read_some(pool, 1)
    plan = await shards_of(pool, KOREAN)
    with pytest.raises(UnknownScorer):
        await run_shard(pool, Rescoring(scorer="korean@0"), plan[0])


async def test_statistics_that_call_every_table_empty_slow_nothing_down(pool: Pool, database_url: str) -> None:
    reader = await make_reader(pool)
    await store(pool, [post(number, "$AAPL 급등", minute=number % 50) for number in range(4500)])
    while (await score_batch(pool, reader, limit=1500)).taken:
        pass
    await pool.execute("""
        UPDATE pg_class SET reltuples = 0, relpages = pg_relation_size(oid) / 8192
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')
    """)
    async with open_pool(database_url, application="insitechart-test", statement_timeout_s=5) as impatient:
        assert [result.posts for result in await rescore_all(impatient, KOREAN, size=1500)] == [1500] * 3
