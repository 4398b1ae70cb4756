"""The flow as Prefect runs it: both ways to lose a database, each step a task, rows, reports, nothing left behind."""

from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterId,
)

from flows.drill import drill
from lib.db.pool import Pool
from lib.db.recovery.drills import drills_of
from lib.settings import Settings

pytestmark = pytest.mark.usefixtures("installation")


@pytest.mark.timeout(600)
async def test_a_lost_database_is_measured_and_written_down(pool: Pool, tmp_path: Path) -> None:
    state = await drill("database", return_state=True)

    promoted, restored = await state.result()
    assert promoted["rpo_rows"] == 0
    assert promoted["passed"], promoted
    assert restored["passed"], restored
    # 100 commits a second, and the log is sent every half second
    assert 0 <= restored["rpo_s"] < 5
    by_restore, by_promotion = await drills_of(pool, scenario="database")
    assert "its standby promoted" in by_promotion.injected
    assert "restored from the store alone" in by_restore.injected
    assert by_restore.rpo_target_s == Settings().rpo_database_s
    assert "## Recover: there is service again" in by_restore.report
    run_id = state.state_details.flow_run_id
    assert run_id is not None
    async with get_client() as client:
        tasks = await client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run_id])))
        artifacts = await client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
        )
    names = {task.name for task in tasks}
    assert {"promote the standby", "clients reconnect", "restore the latest moment, and start it"} <= names
    assert sorted(artifact.key or "" for artifact in artifacts) == [
        "drill-database",
        "drill-database",
        "drill-database-report",
        "drill-database-report",
    ]
    assert list((tmp_path / "drills").iterdir()) == []
