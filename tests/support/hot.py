"""The application with answers that are kept, asked in the test's own loop, and how often it asks the database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NamedTuple, TypeVar

import httpx
import pytest

import lib.db.reading
from api.app import create_app
from lib.db.pool import Pool
from lib.settings import Settings
from tests.support.versions import CountedVersions

Opened = TypeVar("Opened")


class Hot(NamedTuple):
    """A client of a started application, and the numbers that it goes by."""

    client: httpx.AsyncClient
    versions: CountedVersions

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """The answer of `/api/v1` and `path`; `_` in the name of a header stands for `-`. Nothing else is accepted."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.get(f"/api/v1{path}", headers={"accept-encoding": "identity", **named})


class Statements(list[str]):
    """The statements with which the database was read since the test began."""

    def __init__(self) -> None:
        self._more = asyncio.Event()

    def note(self, statement: str) -> None:
        """One more is about to be asked."""
        self.append(statement)
        self._more.set()

    async def reach(self, count: int) -> None:
        """Waits until there are `count` of them."""
        async with asyncio.timeout(20):
            while len(self) < count:
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def hot_app(
    database_url: str, *, versions: CountedVersions | None = None, redis_url: str | None = None, cache_mb: int = 8
) -> AsyncIterator[Hot]:
    """An application of this test's own."""
    versions = versions or CountedVersions()
    settings = Settings.model_validate({"database_url": database_url, "redis_url": redis_url, "cache_mb": cache_mb})
    app = create_app(settings, versions=versions)
    transport = httpx.ASGITransport(app=app)
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield Hot(client, versions)


async def kept_open(context: AbstractAsyncContextManager[Opened]) -> AsyncIterator[Opened]:
    """What `context` opens, until the end of a fixture: what an application opens, it closes in the same task, and a
    fixture's beginning and end are two.
    """
    opened: asyncio.Future[Opened] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def run() -> None:
        async with context as found:
            opened.set_result(found)
            await over.wait()

    running = asyncio.create_task(run())
    waited: set[asyncio.Future[Any]] = {running, opened}
    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        await running
    yield opened.result()
    over.set()
    await running


@pytest.fixture
async def hot(database_url: str) -> AsyncIterator[Hot]:
    """An application that keeps answers, on this test's database."""
    async for opened in kept_open(hot_app(database_url)):
        yield opened


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Statements:
    """Counted while they are run as ever."""
    seen = Statements()
    real = lib.db.reading._fetch

    async def counting(pool: Pool, statement: str, arguments: tuple[object, ...]) -> object:
        seen.note(statement)
        return await real(pool, statement, arguments)

    monkeypatch.setattr(lib.db.reading, "_fetch", counting)
    return seen
