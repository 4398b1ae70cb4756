"""Fixtures around the local X, and how it is asked: like the real one, but quickly. They do not know what a test
publishes or breaks.

Every test session loads this module, so what loads tweepy is imported by the functions that need it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from lib.domain.symbols import Listing
from lib.settings import Settings
from lib.sources.access import Rate
from lib.sources.patience import Patience

if TYPE_CHECKING:
    from lib.sources.access import Access
    from lib.sources.posts import Page
    from lib.sources.x.client import Manners
    from lib.sources.x.source import X
    from tests.servers.x import LocalX

APPLE = Listing(symbol="AAPL", name="Apple Inc.", exchange="NASDAQ", currency="USD")
SAMSUNG = Listing(symbol="005930.KS", name="Samsung Electronics Co., Ltd.", name_ko="삼성전자", currency="KRW")


class Watch:
    """A clock that stands still until it is moved; for the server and the client alike."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 2, 14, 37, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def move(self, **by: float) -> datetime:
        """Moves it and says what time it is then."""
        self.time += timedelta(**by)
        return self.time

    def ago(self, **by: float) -> datetime:
        """That long before its time."""
        return self.time - timedelta(**by)


def in_haste(**changes: Any) -> Manners:
    """Manners that wait for nothing."""
    from lib.sources.x.client import Manners

    patience = Patience(attempts=3, first_wait_s=0.01, longest_s=2)
    return Manners(rate=Rate(0.001), timeout_s=3, patience=patience)._replace(**changes)


def x_settings(**changes: Any) -> Settings:
    """Settings with which X may be asked."""
    values = {"x_bearer_token": "local-token", "x_budget_day": Decimal(50), "x_budget_month": Decimal(500)}
    return Settings(**{**values, **changes})


@asynccontextmanager
async def opened_x(
    access: Access,
    *watched: Listing,
    token: str = "local-token",
    manners: Manners | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    **changes: Any,
) -> AsyncIterator[X]:
    """The product's own source with the unmodified tweepy, in haste."""
    from lib.sources.x.client import Client
    from lib.sources.x.source import X

    manners = manners or in_haste()
    async with Client(token, "InsiteChart/test", access, manners, clock=clock) as client:
        yield X(client, watched or (APPLE,), x_settings(**changes), manners)


async def all_pages(x: X, stream: str = "search/AAPL", cursor: Any = None) -> list[Page]:
    """What a whole reading brings."""
    return [page async for page in x.pages(stream, cursor)]


def texts(pages: Sequence[Page]) -> list[str]:
    """The words of all posts, in the order in which they came."""
    return [post.text for page in pages for post in page.posts]


@pytest.fixture(scope="session")
def x_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalX]:
    """One local X for the session, in a thread of its own."""
    from tests.servers.x import running_x

    with running_x(tmp_path_factory.mktemp("x")) as server:
        yield server


@pytest.fixture
def local_x(x_server: LocalX, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalX]:
    """The local X without posts, in the place of the real one for as long as the test runs."""
    for name, value in x_server.environment.items():
        monkeypatch.setenv(name, value)
    x_server.reset()
    yield x_server
    x_server.reset()
