"""`insitechart prefect apply`: everything at once, and nothing the second time."""

import pytest
from click.testing import CliRunner
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.cli.prefect import prefect_
from deployments.prefect.apply import apply
from deployments.prefect.automations import apply_automations, read_automations
from deployments.prefect.definitions import PROJECT, read_deployments
from deployments.prefect.pools import read_pools
from deployments.prefect.recording import record
from lib.errors import ConfigurationError, PlatformError


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes there, and the tests after it are elsewhere."""
    monkeypatch.chdir(PROJECT)


async def test_all_is_recorded_and_the_second_time_nothing() -> None:
    try:
        changed = await apply()
        assert {f"made: deployment {one.full_name}" for one in read_deployments()} <= set(changed)
        assert {f"made: InsiteChart: {one.name}" for one in read_automations()} <= set(changed)
        assert {f"made: pool {pool.name}" for pool in read_pools()} <= set(changed)
        assert await apply() == []
    finally:
        async with get_client() as client:
            await apply_automations(client, [])
            await record(client, [])
            for pool in read_pools():
                await client.delete_work_pool(pool.name)


def test_where_no_server_answers_that_is_said() -> None:
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        outcome = CliRunner().invoke(prefect_, ["apply"])
    assert isinstance(outcome.exception, PlatformError)
    assert "No Prefect server answers at http://127.0.0.1:9/api" in str(outcome.exception)


def test_where_no_server_is_named_none_is_started() -> None:
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        outcome = CliRunner().invoke(prefect_, ["apply"])
    assert isinstance(outcome.exception, ConfigurationError)
    assert "PREFECT_API_URL" in (outcome.exception.hint or "")
