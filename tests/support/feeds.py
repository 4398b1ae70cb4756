"""Fixtures around the local publishers of feeds, and a clock that stands where a test puts it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from lib.settings import Settings
from lib.sources.access import Access, Rate
from lib.sources.patience import Patience
from lib.sources.posts import Cursor, Page
from tests.support.access import NotedAccess

if TYPE_CHECKING:
    from lib.sources.feeds.client import Feeds
    from tests.servers.feeds import LocalFeeds

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STREAM = "articles/news"
ADDRESS = "https://news.example/rss"
PLACE = "news.example/rss"


class Clock:
    """Noon of the tests' day, and further on as told."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_minutes(self, minutes: float) -> datetime:
        """Later; returns when."""
        self.now += timedelta(minutes=minutes)
        return self.now


@pytest.fixture(scope="session")
def feeds_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFeeds]:
    """One server for the session, in a thread of its own."""
    from tests.servers.feeds import running_feeds

    with running_feeds(tmp_path_factory.mktemp("feeds")) as server:
        yield server


@pytest.fixture
def local_feeds(feeds_server: LocalFeeds, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalFeeds]:
    """The local publishers, with nothing published, in the place of the world for as long as the test runs."""
    for name, value in feeds_server.environment.items():
        monkeypatch.setenv(name, value)
    feeds_server.reset()
    yield feeds_server
    feeds_server.reset()


@asynccontextmanager
async def hasty_feeds(
    clock: Clock, access: Access | None = None, *, feeds: tuple[str, ...] = (f"news={ADDRESS}",), step_s: float = 5
) -> AsyncIterator[Feeds]:
    """The product's own client, in haste, by `clock`."""
    from lib.sources.feeds.client import opened
    from lib.sources.feeds.wire import Limits

    limits = Limits(step_s=step_s, whole_s=2 * step_s, patience_s=3, rate=Rate(0.001, 10))
    patience = Patience(attempts=2, first_wait_s=0.01, longest_s=2)
    settings = Settings(feeds=feeds, contact="https://insitechart.example")
    async with opened(settings, access or NotedAccess(), limits=limits, patience=patience, now=clock) as source:
        yield source


async def read(source: Feeds, cursor: Cursor | None = None, stream: str = STREAM) -> Page | None:
    """The page of one reading, or None where it asked for nothing."""
    pages = [page async for page in source.pages(stream, cursor)]
    assert len(pages) <= 1
    return pages[0] if pages else None
