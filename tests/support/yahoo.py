"""Fixtures around the local Yahoo. They do not know what a test publishes or breaks.

Every test session loads this module, so what takes seconds to import (pandas) is imported by the fixtures that need it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lib.sources.yahoo.client import Yahoo
    from tests.servers.yahoo import LocalYahoo


@pytest.fixture(scope="session")
def yahoo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalYahoo]:
    """One local Yahoo for the session, in a thread of its own."""
    from tests.servers.yahoo import running_yahoo

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
    from tests.support.haste import hasty_yahoo

    async with hasty_yahoo(tmp_path_factory) as client:
        yield client
