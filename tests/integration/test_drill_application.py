"""`insitechart drill application` as a person calls it: an API killed and a wrong version rolled out, nothing lost."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lib.db.pool import Pool
from lib.db.recovery.drills import drills_of


def run(home: Path, database_url: str, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {
        "INSITECHART_HOME": str(home), "INSITECHART_DATABASE_URL": database_url, "COLUMNS": "200",
        "INSITECHART_CONFIG": os.devnull,
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "deployments.cli", "drill", *arguments],
        env=environment, input=stdin, capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip


def test_it_says_what_it_does_and_asks_first(tmp_path: Path, database_url: str) -> None:
    answer = run(tmp_path, database_url, "application", stdin="n\n")
    assert answer.returncode == 1
    assert "What is in use is only read." in answer.stdout
    assert not (tmp_path / "drills").exists()
    unknown = run(tmp_path, database_url, "earthquake", "--yes")
    assert unknown.returncode == 2
    assert "'database', 'application', 'infrastructure', 'faults'" in unknown.stderr


@pytest.mark.timeout(600)
async def test_the_api_comes_back_and_what_it_acknowledged_is_there(
    tmp_path: Path, database_url: str, pool: Pool
) -> None:
    answer = await asyncio.to_thread(run, tmp_path, database_url, "application", "--yes")
    assert answer.returncode == 0, answer.stderr + answer.stdout
    rolled_out, killed = await drills_of(pool)
    assert f"Written down as drill {killed.id}, {rolled_out.id}." in answer.stdout
    assert "warning: There was no good backup in the store in use" in answer.stderr
    assert "the supervisor notices that it ended" in answer.stderr
    for row in (killed, rolled_out):
        assert (row.scenario, row.passed, row.rpo_rows) == ("application", True, 0)
        assert row.rto_s > 0
    assert "API process killed" in killed.injected
    assert "never becomes ready" in rolled_out.injected
    assert "- [x] roll back" in rolled_out.report
    assert list((tmp_path / "drills").iterdir()) == []
