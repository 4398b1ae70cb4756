"""`insitechart drill application` as it is: an API killed and a wrong version rolled out, nothing lost, nothing left."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from deployments.cli.drill import drill
from lib.db.pool import Pool
from lib.db.recovery.drills import drills_of
from lib.settings import load_settings


@pytest.fixture
def home(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder of an installation."""
    monkeypatch.setenv("INSITECHART_DATABASE_URL", database_url)
    monkeypatch.setenv("INSITECHART_HOME", str(tmp_path))
    load_settings.cache_clear()
    return tmp_path


def test_it_asks_first(home: Path) -> None:
    answer = CliRunner().invoke(drill, ["application"], input="n\n")
    assert answer.exit_code == 1
    assert "What is in use is only read." in answer.output
    assert not (home / "drills").exists()


def test_a_scenario_that_does_not_exist_is_refused() -> None:
    answer = CliRunner().invoke(drill, ["earthquake", "--yes"])
    assert answer.exit_code == 2
    assert "'database', 'application', 'infrastructure', 'faults'" in answer.output


@pytest.mark.timeout(600)
async def test_the_api_comes_back_and_what_it_acknowledged_is_there(home: Path, pool: Pool) -> None:
    import asyncio

    answer = await asyncio.to_thread(_invoke)
    assert answer.exit_code == 0, answer.output
    rolled_out, killed = await drills_of(pool)
    assert (killed.scenario, rolled_out.scenario) == ("application", "application")
    for row in (killed, rolled_out):
        assert row.passed
        assert row.rpo_rows == 0
        assert row.rto_s > 0
    assert "API process killed" in killed.injected
    assert "never becomes ready" in rolled_out.injected
    assert "- [x] roll back" in rolled_out.report
    assert list((home / "drills").iterdir()) == []


def _invoke() -> object:
    ...
