"""Fixtures around the local Jetstream, and how it is listened to: like the real ones, but with little patience. They do
not know what a test publishes or breaks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from lib.settings import Settings
from lib.sources.interest import Interest
from tests.servers.bluesky_events import Event, post
from tests.support.access import NotedAccess

if TYPE_CHECKING:
    from lib.sources.bluesky.client import Bluesky
    from lib.sources.bluesky.reader import Manners
    from lib.sources.posts import Cursor, Page
    from tests.servers.bluesky import LocalBluesky

HOSTS = Settings.model_fields["bluesky_hosts"].default

# the tests' time, and the same in microseconds since 1970
NOON = datetime(2026, 3, 2, 14, tzinfo=UTC)
NOON_US = 1_772_460_000_000_000
FROM_NOON = {"time_us": NOON_US}


def at(seconds: float) -> datetime:
    """`seconds` into the tests' day."""
    return NOON + timedelta(seconds=seconds)


def at_us(seconds: float) -> int:
    """The same in microseconds since 1970."""
    return NOON_US + round(seconds * 1_000_000)


def talk(seconds: range) -> list[Event]:
    """A post a second: p0, p1, …"""
    return [post("$A", time_us=at_us(second), rkey=f"p{second}") for second in seconds]


def is_over(seconds: float) -> Callable[[list[Page]], bool]:
    """Are all events of before `seconds` heard?"""
    return lambda pages: pages[-1].end >= at(seconds)


def haste(**changes: object) -> Manners:
    """The product's manners, but for the times that a test would wait for."""
    from lib.sources.bluesky.line import Timing
    from lib.sources.bluesky.reader import Manners
    from lib.sources.patience import Patience

    quick = Manners(
        patience=Patience(attempts=3, first_wait_s=0.01, longest_s=1),
        timing=Timing(open_s=3, silence_s=0.5, ping_s=0.1, close_s=0.2),
        page_s=0.05,
        rest_s=0.05,
        garbage=20,
    )
    return quick._replace(**changes)  # type: ignore[arg-type]


def concerns(text: str, lang: str | None) -> bool:
    """The tests' world is about whatever has a dollar sign."""
    return "$" in text


def hasty_bluesky(
    access: NotedAccess | None = None, *, hosts: tuple[str, ...] = HOSTS, manners: Manners | None = None
) -> Bluesky:
    """The product's own client."""
    from lib.sources.bluesky.client import Bluesky

    settings = Settings(bluesky_hosts=hosts)
    return Bluesky(settings, access or NotedAccess(), Interest(concerns=concerns), manners or haste())


async def heard(
    source: Bluesky, cursor: Cursor | None, enough: Callable[[list[Page]], bool], *, within_s: float = 10
) -> list[Page]:
    """The pages from `cursor` on until there are enough."""
    pages: list[Page] = []
    async with asyncio.timeout(within_s), aclosing(source.pages("posts", cursor)) as reading:
        async for page in reading:
            pages.append(page)
            if enough(pages):
                break
    return pages


def names(pages: list[Page]) -> list[str]:
    """The rkeys of the posts in `pages`, in order."""
    return [post.external_id.rpartition("/")[2] for page in pages for post in page.posts]


@pytest.fixture(scope="session")
def bluesky_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBluesky]:
    """One local Jetstream for the session, in a thread of its own."""
    from tests.servers.bluesky import running_bluesky

    with running_bluesky(tmp_path_factory.mktemp("bluesky")) as server:
        yield server


@pytest.fixture
def local_bluesky(bluesky_server: LocalBluesky, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalBluesky]:
    """The local Jetstream with an empty log, in the place of the real ones for as long as the test runs."""
    for name, value in bluesky_server.environment.items():
        monkeypatch.setenv(name, value)
    bluesky_server.reset()
    yield bluesky_server
    bluesky_server.reset()
