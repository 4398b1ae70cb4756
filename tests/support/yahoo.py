"""Fixtures around the local Yahoo. They do not know what a test publishes or breaks."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from lib.sources.yahoo import Manners, Yahoo
from tests.servers.yahoo import LocalYahoo, running_yahoo

HASTE = Manners(concurrency=4, spacing_s=0.001, timeout_s=5, attempts=3, first_wait_s=0.01, patience_s=3)


@pytest.fixture(scope="session")
def yahoo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalYahoo]:
    """One local Yahoo for the session, in a thread of its own."""
    with running_yahoo(tmp_path_factory.mktemp("yahoo")) as server:
        yield server


@pytest.fixture
def local_yahoo(yahoo_server: LocalYahoo, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalYahoo]:
    """The local Yahoo with empty books, in the place of the real one for as long as the test runs."""
    for name, value in yahoo_server.environment.items():
        monkeypatch.setenv(name, value)
    yahoo_server.reset()
    yield yahoo_server
    yahoo_server.reset()


@pytest.fixture
async def source(local_yahoo: LocalYahoo, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Yahoo]:
    """The product's own client, in haste, asking the local Yahoo."""
    async with Yahoo(cache_folder(tmp_path_factory), HASTE) as client:
        yield client


def cache_folder(factory: pytest.TempPathFactory) -> Path:
    """One folder for yfinance's databases per session: it cannot change them within a process."""
    return factory.getbasetemp() / "yfinance"
