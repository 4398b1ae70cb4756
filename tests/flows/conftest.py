"""A Prefect server of this session's own for every test of a flow; it is started once, for that takes seconds."""

from collections.abc import Iterator

import pytest
from prefect.testing.utilities import prefect_test_harness


@pytest.fixture(scope="session", autouse=True)
def prefect_server() -> Iterator[None]:
    """Flows that run meanwhile report to a server with an empty database of its own."""
    with prefect_test_harness(server_startup_timeout=120):
        yield
