"""The flow as Prefect runs it: threads, processes and a Dask cluster give the same, whoever is killed meanwhile."""

import asyncio
import os
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from prefect.client.schemas.objects import State
from prefect.flows import load_flow_from_entrypoint

from deployments.prefect.definitions import PROJECT
from flows.support.rescoring import rescore_one_shard
from lib.db.pool import Pool
from lib.db.scoring.rescoring import Rescoring
from lib.errors import ConfigurationError, UnknownScorer
from lib.scoring.registry import get_scorer
from lib.settings import load_settings
from tests.support.dask import LocalDask, dask_cluster
from tests.support.rescoring import held_before_commit, shards_of, until_waiting
from tests.support.runs import report
from tests.support.scoring import assert_buckets_equal_posts, make_reader, post, score_all, store

# as a deployment loads it: under a name that other processes do not know
rescore = load_flow_from_entrypoint(f"{PROJECT}/flows/rescore.py:rescore")

_TEXTS = ("$AAPL great 급등", "$MSFT awful 폭락", "$TSLA 상한가, $AAPL 하한가", "nothing")
_POSTS = 24
_RESULT = """
SELECT p.external_id, c.name, s.value, s.label, s.explanation,
       (SELECT array_agg((m.symbol_id, m.value) ORDER BY m.symbol_id) FROM mention_scores m
        WHERE m.post_id = p.id AND m.scorer_id = c.id) AS mentions
FROM posts p JOIN scores s ON s.post_id = p.id JOIN scorers c ON c.id = s.scorer_id
ORDER BY p.external_id, c.name
"""


pytestmark = pytest.mark.usefixtures("installation")


@pytest.fixture(autouse=True)
async def history(installation: None, pool: Pool) -> None:
    """Posts that vader@1 has read."""
    await store(
        pool, [post(number, _TEXTS[number % 4], author=f"a{number}", minute=number) for number in range(_POSTS)]
    )
    await score_all(pool, await make_reader(pool))


@pytest.fixture
def cluster() -> Iterator[LocalDask]:
    """A scheduler and two worker processes of this test's own."""
    with dask_cluster(workers=2) as running:
        yield running


async def run(**parameters: Any) -> State[Any]:
    """One run of the flow to its end."""
    return await rescore("korean@1", **{"shard_size": 3, **parameters}, return_state=True)


async def run_held_by_two(pool: Pool, then: Callable[[], None] = lambda: None, **parameters: Any) -> State[Any]:
    """A run of which two workers hold a shard each at one time; `then` is called at that time."""
    async with held_before_commit(pool):
        running = asyncio.create_task(run(**parameters))
        await until_waiting(pool, 2)
        then()
    return await running


async def check_outcome(pool: Pool) -> list[Any]:
    """Everything is as if korean@1 had read each post beside vader@1."""
    both = [get_scorer("vader@1"), get_scorer("korean@1")]
    await assert_buckets_equal_posts(pool, await make_reader(pool, scorers=both))
    result = [tuple(row) for row in await pool.fetch(_RESULT)]
    assert len(result) == 2 * _POSTS
    return result


async def workers_of(state: State[Any]) -> set[int]:
    """The processes that did shards."""
    return {int(row["worker"].rpartition(":")[2]) for row in (await report(state)).rows}


def process_pool() -> list[psutil.Process]:
    """The worker processes that this one has started."""
    return [child for child in psutil.Process().children() if any("spawn_main" in word for word in child.cmdline())]


async def test_threads_score_what_has_no_score_and_say_so(pool: Pool) -> None:
    state = await run()
    assert state.is_completed()
    totals = await state.result()
    assert {name: totals[name] for name in ("posts", "mentions", "skipped", "shards")} == {
        "posts": 24, "mentions": 24, "skipped": 0, "shards": 8,
    }  # fmt: skip
    await check_outcome(pool)
    told = await report(state)
    assert (told.name, told.key) == ("rescore with korean@1", "rescore")
    assert told.sentence.startswith("24 posts scored by korean@1 in ")
    assert "8 shards by 1 workers (threads)" in told.sentence
    assert "neither INSITECHART_SCORER nor in INSITECHART_SCORERS_BESIDE" in told.sentence
    assert await workers_of(state) == {os.getpid()}
    again = await run()
    assert (await again.result())["posts"] == 0
    assert (await report(again)).rows == []


async def test_processes_give_what_threads_give_and_one_that_is_killed_is_replaced(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run()
    by_threads = await check_outcome(pool)
    monkeypatch.setenv("INSITECHART_TASK_RUNNER", "processes")
    load_settings.cache_clear()

    def kill() -> None:
        first, _ = process_pool()
        first.kill()

    state = await run_held_by_two(pool, then=kill, again=True)
    # what another process of the pool had just committed is not done twice
    totals = await state.result()
    assert totals["posts"] + totals["skipped"] == _POSTS
    assert os.getpid() not in await workers_of(state)
    assert await check_outcome(pool) == by_threads
    assert process_pool() == []


async def test_both_workers_of_a_cluster_give_what_threads_give_and_so_does_one_where_the_other_is_killed(
    pool: Pool, cluster: LocalDask
) -> None:
    await run()
    by_threads = await check_outcome(pool)
    on_dask = {"runner": "dask", "dask_address": cluster.address, "again": True}

    state = await run_held_by_two(pool, **on_dask)
    assert (await state.result())["posts"] == _POSTS
    assert await workers_of(state) == cluster.pids
    assert await check_outcome(pool) == by_threads

    state = await run_held_by_two(pool, then=cluster.workers[0].kill, **on_dask)
    assert (await state.result())["posts"] == _POSTS
    assert cluster.workers[1].pid in await workers_of(state)
    assert await check_outcome(pool) == by_threads


async def test_a_shard_that_lost_its_connection_is_tried_again(pool: Pool) -> None:
    await pool.execute("""
        CREATE SEQUENCE tries;
        CREATE FUNCTION lose_the_first() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF nextval('tries') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER lose BEFORE INSERT ON scores FOR EACH ROW EXECUTE FUNCTION lose_the_first();
    """)
    assert (await (await run(shard_size=100)).result())["posts"] == _POSTS
    await check_outcome(pool)


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"shard_size": 0}, "shard_size is 0"),
        ({"workers": 0}, "workers is 0"),
        ({"start": "yesterday"}, "no day and no moment"),
        ({"start": "2026-03-02", "end": "2026-03-01"}, "is empty"),
        ({"runner": "dask"}, "no scheduler is named"),
        ({"runner": "dask", "dask_address": "tcp://127.0.0.1:9"}, "cannot be reached"),
    ],
)
async def test_what_cannot_be_used_is_one_clear_error(pool: Pool, parameters: dict[str, Any], match: str) -> None:
    state = await run(**parameters)
    with pytest.raises(ConfigurationError, match=match):
        await state.result()
    assert await pool.fetchval("SELECT count(*) FROM scores") == _POSTS


async def test_an_unknown_scorer_is_refused() -> None:
    with pytest.raises(UnknownScorer):
        await rescore("korean@0")


async def test_a_worker_whose_settings_lead_to_another_database_writes_nothing(pool: Pool) -> None:
    work = Rescoring(scorer="korean@1")
    (shard,) = await shards_of(pool, work)
    with pytest.raises(ConfigurationError, match="name another database"):
        await rescore_one_shard.fn(work, shard, "0123456789abcdef")
    assert await pool.fetchval("SELECT count(*) FROM scores") == _POSTS
