"""The import as Prefect runs it: named for people, reported as a table, accounted for in coverage."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, ArtifactFilterKey
from prefect.client.schemas.objects import FlowRun, State

from flows.import_archive import import_archive
from lib.db.pool import Pool
from lib.errors import ArchiveError
from lib.settings import load_settings


@pytest.fixture(autouse=True)
def installation(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The settings that a flow of this installation resolves."""
    monkeypatch.setenv("INSITECHART_DATABASE_URL", database_url)
    monkeypatch.setenv("INSITECHART_HOME", str(tmp_path / "home"))
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


async def report(state: State[Any]) -> tuple[FlowRun, str, list[dict[str, Any]]]:
    """The run, and its artifact's sentence and rows."""
    run_id = state.state_details.flow_run_id
    assert run_id is not None
    async with get_client() as client:
        run = await client.read_flow_run(run_id)
        (artifact,) = await client.read_artifacts(
            artifact_filter=ArtifactFilter(
                flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]), key=ArtifactFilterKey(any_=["import-archive"])
            )
        )
    return run, artifact.description or "", json.loads(str(artifact.data))


async def test_files_are_imported_reported_and_accounted_for(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("symbol,date,close\nAAPL,2026-03-02,5\nAAPL,2026-03-03,x\n")
    (tmp_path / "b.csv").write_text("symbol,date,close\nMSFT,2026-03-02,6\n")

    state = await import_archive(
        kind="bars", files=[str(tmp_path / "a.csv"), str(tmp_path / "b.csv")], return_state=True
    )

    assert await state.result() == {"read": 3, "new": 2, "changed": 0, "unchanged": 0, "rejected": 1}
    run, _, rows = await report(state)
    assert run.name == "import bars from a.csv and 1 more"
    assert [(row["file"], row["read"], row["new"], row["rejected"]) for row in rows] == [
        ("a.csv", 2, 1, 1),
        ("b.csv", 1, 1, 0),
    ]
    accounts = await pool.fetch(
        "SELECT source, stream, state, asked, received, window_start::date::text FROM coverage ORDER BY id"
    )
    assert [tuple(account) for account in accounts] == [
        ("archive", "a.csv", "ok", 2, 1, "2026-03-02"),
        ("archive", "b.csv", "ok", 1, 1, "2026-03-02"),
    ]


async def test_a_file_that_cannot_be_read_fails_the_run_after_the_others(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "posts.jsonl").write_text(
        '{"source": "x", "id": 1, "created_at": "2026-03-02T00:00:00Z", "text": "a"}\n'
        '{"source": "news", "id": 1, "created_at": "2026-03-02T00:00:00Z", "text": "b"}\n'
    )
    files = [str(tmp_path / "none.jsonl"), str(tmp_path / "posts.jsonl")]

    state = await import_archive(kind="posts", files=files, return_state=True)

    assert state.is_failed()
    with pytest.raises(ArchiveError, match=r"none\.jsonl"):
        await state.result()
    _, sentence, rows = await report(state)
    assert "none.jsonl" in sentence
    assert [row["new"] for row in rows] == [2]
    assert await pool.fetchval("SELECT array_agg(source ORDER BY source) FROM coverage") == ["news", "x"]
