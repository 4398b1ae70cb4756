"""The flow as Prefect runs it: everything that waits is scored, and the run says so in words and in a table."""

import json
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterId,
)
from prefect.client.schemas.objects import State

from flows.score_posts import score_posts
from lib.db.pool import Pool
from lib.db.scoring import waiting
from lib.errors import ConfigurationError, UnknownScorer
from lib.scoring.registry import get_scorer
from lib.settings import load_settings
from tests.support.scoring import assert_buckets_equal_posts, make_reader, post, store

pytestmark = pytest.mark.usefixtures("installation")


async def told(state: State[Any]) -> tuple[str, list[str], str, list[dict[str, Any]]]:
    """The run's name, its tasks' names, and its artifact's sentence and rows."""
    run_id = state.state_details.flow_run_id
    assert run_id is not None
    runs = FlowRunFilter(id=FlowRunFilterId(any_=[run_id]))
    async with get_client() as client:
        (flow_run,) = await client.read_flow_runs(flow_run_filter=runs)
        tasks = await client.read_task_runs(flow_run_filter=runs)
        (artifact,) = await client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
        )
    rows = json.loads(str(artifact.data))
    return flow_run.name, sorted(task.name for task in tasks), artifact.description or "", rows


async def test_everything_that_waits_is_scored_batch_by_batch_and_reported(pool: Pool) -> None:
    reader = await make_reader(pool, scorers=[get_scorer("finance@1")])
    await store(pool, [post(number, "$AAPL is great", minute=number * 5) for number in range(5)])

    state = await score_posts(batch=2, return_state=True)

    assert state.is_completed()
    assert await state.result() == {"posts": 5, "mentions": 5, "deleted": 0, "buckets": 5, "waiting": 0}
    await assert_buckets_equal_posts(pool, reader)
    name, tasks, sentence, (row,) = await told(state)
    assert name == "score all posts that wait"
    assert tasks == ["batch 1", "batch 2", "batch 3"]
    assert sentence.startswith("5 posts scored in ")
    assert (row["posts"], row["batches"], row["waiting"]) == (5, 3, 0)
    assert row["posts per second"] > 0


async def test_an_empty_queue_ends_the_run_without_a_task(pool: Pool) -> None:
    state = await score_posts(return_state=True)
    assert state.is_completed()
    _, tasks, sentence, _ = await told(state)
    assert tasks == []
    assert sentence.startswith("0 posts scored")


async def test_a_limit_is_kept(pool: Pool) -> None:
    await make_reader(pool)
    await store(pool, [post(number, "$AAPL is great") for number in range(5)])
    assert (await score_posts(limit=3, batch=2))["posts"] == 3
    assert await waiting(pool) == 2


async def test_a_batch_that_lost_its_connection_is_tried_again(pool: Pool) -> None:
    await make_reader(pool)
    await store(pool, [post(1, "$AAPL is great")])
    await pool.execute("""
        CREATE SEQUENCE tries;
        CREATE FUNCTION lose_the_first() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF nextval('tries') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER lose BEFORE INSERT ON scores FOR EACH ROW EXECUTE FUNCTION lose_the_first();
    """)
    assert (await score_posts())["posts"] == 1
    assert await pool.fetchval("SELECT count(*) FROM scores") == 1


async def test_new_posts_are_scored_by_those_beside_the_default_too(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_reader(pool)
    await store(pool, [post(1, "$AAPL 급등")])
    monkeypatch.setenv("INSITECHART_SCORERS_BESIDE", "korean@1, vader@1")
    load_settings.cache_clear()
    await score_posts()
    labels = await pool.fetch("SELECT c.name, s.label FROM scores s JOIN scorers c ON c.id = s.scorer_id ORDER BY 1")
    assert [tuple(row) for row in labels] == [
        ("finance@1", "positive"),
        ("korean@1", "positive"),
        ("vader@1", "neutral"),
    ]


async def test_what_cannot_be_meant_is_refused(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError):
        await score_posts(batch=0)
    monkeypatch.setenv("INSITECHART_SCORER", "vader@0")
    load_settings.cache_clear()
    with pytest.raises(UnknownScorer):
        await score_posts()
