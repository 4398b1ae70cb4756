"""The report as Prefect runs it: a table of each kind, and advice where a person is needed."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

from flows.report import report
from lib.db.asking.circuits import open_circuit
from lib.db.cursors import save_cursor
from lib.db.pool import Pool
from lib.settings import load_settings
from lib.sources.declared import fingerprint
from lib.sources.registry import declaration
from tests.support.scoring import make_reader, post, score_all, store
from tests.support.seed import add_coverage, add_gap, add_spend


@pytest.fixture(autouse=True)
def installation(installation: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation with a paid source."""
    monkeypatch.setenv("INSITECHART_X_BEARER_TOKEN", "hunter2")
    monkeypatch.setenv("INSITECHART_X_BUDGET_DAY", "2")
    monkeypatch.setenv("INSITECHART_X_BUDGET_MONTH", "20")
    load_settings.cache_clear()


async def test_a_table_of_each_kind_is_recorded(pool: Pool) -> None:
    now = datetime.now(UTC)
    await add_coverage(pool, "feeds", "articles/sec", now)
    await add_spend(pool, "x", now.date(), "0.50")
    await add_gap(pool, "feeds", "articles/sec", now)
    async with pool.acquire() as conn, conn.transaction():
        await save_cursor(conn, "feeds", "articles/sec", {"etag": "abc"})
    key = fingerprint(declaration("feeds").credential(load_settings()))
    await open_circuit(pool, "feeds", key, reason="It says 403.", hint="Ask the publisher.")

    state = await report(return_state=True)

    assert (await state.result())["feeds"] == "denied"
    tables = await recorded(state)
    assert set(tables) == {f"report-{name}" for name in ("sources", "coverage", "spend", "cursors", "gaps", "scorers")}
    assert "Ask the publisher" in tables["report-sources"][0]
    assert [row["stream"] for row in tables["report-coverage"][1]] == ["articles/sec"]
    (spend,) = tables["report-spend"][1]
    assert (spend["source"], spend["today"], spend["of a day's"]) == ("x", "0.50", "2.00")
    assert [row["position"] for row in tables["report-cursors"][1]] == ['{"etag": "abc"}']
    assert [row["stream"] for row in tables["report-gaps"][1]] == ["articles/sec"]
    assert "hunter2" not in str(tables)
    assert declaration("x").missing(load_settings()) == []


async def test_a_scorer_that_lacks_history_is_named_with_what_to_do(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(pool, [post(1, "$AAPL great")])
    await score_all(pool, await make_reader(pool))
    monkeypatch.setenv("INSITECHART_SCORER", "korean@1")
    monkeypatch.setenv("INSITECHART_SCORERS_BESIDE", "vader@1")
    load_settings.cache_clear()
    tables = await recorded(await report(return_state=True))
    assert tables["report-scorers"][1] == [
        {"scorer": "korean@1", "answers": "by default", "scored, about": "0%", "what to do": "rescore"},
        {"scorer": "vader@1", "answers": "when asked for", "scored, about": "100%", "what to do": ""},
    ]
    assert "prefect deployment run rescore/default -p scorer=korean@1" in tables["report-sources"][0]


async def recorded(state: Any) -> dict[str, tuple[str, list[dict[str, Any]]]]:
    """Each artifact of the run: its sentence and its rows."""
    run_id = state.state_details.flow_run_id
    async with get_client() as client:
        found = await client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
        )
    return {
        str(item.key): (item.description or "", json.loads(str(item.data))) for item in found if item.type == "table"
    }
