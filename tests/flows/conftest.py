"""What every test of a flow needs: settings, and one Prefect server for all, for starting one takes seconds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.testing.utilities import prefect_test_harness

from lib.settings import load_settings


@pytest.fixture(scope="session", autouse=True)
def prefect_server() -> Iterator[None]:
    """Flows that run meanwhile report to a server with an empty database of its own."""
    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture
def installation(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The settings that a flow of this installation, and the processes that it starts, resolve."""
    monkeypatch.setenv("INSITECHART_DATABASE_URL", database_url)
    monkeypatch.setenv("INSITECHART_HOME", str(tmp_path))
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()
