"""Fixtures around the local Reddit, for modules that name this one in `pytest_plugins`. They do not know what a test
publishes or breaks.
"""

from collections.abc import Iterator

import pytest

from tests.servers.plain import served
from tests.servers.reddit import LocalReddit
from tests.support.access import NotedAccess
from tests.support.local_reddit import AtHand


@pytest.fixture(scope="session")
def reddit_server() -> Iterator[AtHand]:
    """One local Reddit for the session, in a thread of its own."""
    server = LocalReddit()
    with served(server.app()) as address:
        yield AtHand(server, address)


@pytest.fixture
def reddit(reddit_server: AtHand) -> Iterator[AtHand]:
    """The local Reddit with empty books, and nobody has asked it yet."""
    reddit_server.server.reset()
    reddit_server.access = NotedAccess()
    yield reddit_server
    reddit_server.server.reset()
