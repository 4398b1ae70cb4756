"""Processes that are killed while clients listen and writers write: no event is lost, none comes twice."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from lib.db.pool import Pool
from tests.support import seed
from tests.support.api_process import ApiProcess, free_ports, running_api
from tests.support.changes import drain
from tests.support.sse import Listening, listening

DAY = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
SYMBOLS = tuple(f"S{n}" for n in range(8))


class Client:
    """Listens for ever: reconnects as a browser would, and keeps every id and event."""

    def __init__(self, *apis: ApiProcess, symbols: str = "", seed_of_dice: int = 0) -> None:
        self.ids: list[str] = []
        self.resets = 0
        self.connections = 0
        self._apis = apis
        self._symbols = symbols
        self._dice = random.Random(seed_of_dice)
        self._last_id = ""
        self._task = asyncio.create_task(self._listen())
        self.is_listening = asyncio.Event()

    async def _listen(self) -> None:
        while True:
            api = self._dice.choice(self._apis)
            try:
                async with (
                    httpx.AsyncClient(base_url=api.url) as web,
                    listening(web, last_id=self._last_id, symbols=self._symbols) as heard,
                ):
                    self.connections += 1
                    self.is_listening.set()
                    await self._follow(heard)
            except (httpx.TransportError, TimeoutError):
                await asyncio.sleep(0.05)

    async def _follow(self, heard: Listening) -> None:
        taken = 0
        # now and then it breaks off by itself
        patience = self._dice.uniform(0.5, 3)
        begun = asyncio.get_running_loop().time()
        while not heard.ended.is_set() and asyncio.get_running_loop().time() - begun < patience:
            await asyncio.sleep(0.01)
            taken = self._take(heard, taken)
        self._take(heard, taken)

    def _take(self, heard: Listening, taken: int) -> int:
        for event in heard.events[taken:]:
            if event.name == "reset":
                self.resets += 1
            elif event.name != "status":
                self.ids.append(event.id)
        self._last_id = heard.last_id
        return len(heard.events)

    async def stop(self) -> None:
        # a connection that is just breaking off may take a cancellation for its own end
        while not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=1)


async def write(pool: Pool, done: asyncio.Event) -> None:
    """Goes on until it is told to stop, in transactions of all sizes that overlap."""
    dice = random.Random(7)

    async def once(n: int) -> None:
        async with pool.acquire() as conn, conn.transaction():
            for symbol in sorted(dice.sample(SYMBOLS, dice.randrange(1, 4))):
                await seed.add_bar(conn, symbol, DAY + timedelta(days=n % 50), 1 + n)
                await asyncio.sleep(dice.uniform(0, 0.02))

    n = 0
    while not done.is_set():
        await asyncio.gather(*(once(n + k) for k in range(4)))
        n += 4


@pytest.fixture
async def world(pool: Pool) -> None:
    await seed.add_scorer(pool)
    for symbol in SYMBOLS:
        await seed.add_symbol(pool, symbol)


async def ids_of(pool: Pool, *symbols: str) -> list[str]:
    """The ids of all changes of bars, in order."""
    return [
        str(change.position)
        for change in await drain(pool)
        if change.kind == "bars" and (not symbols or change.symbol in symbols)
    ]


@pytest.mark.usefixtures("world")
async def test_killed_processes_lose_and_double_nothing(pool: Pool, database_url: str) -> None:
    """Two processes die in turn and come back while a writer goes on; clients change between them."""
    ports = free_ports(2)
    async with running_api(database_url, ports[0]) as one, running_api(database_url, ports[1]) as other:
        everything = Client(one, other)
        some = Client(other, one, symbols="S0,S5", seed_of_dice=1)
        faithful = Client(one, seed_of_dice=2)
        clients = (everything, some, faithful)
        for client in clients:
            await asyncio.wait_for(client.is_listening.wait(), 10)
        done = asyncio.Event()
        writing = asyncio.create_task(write(pool, done))
        for api in (one, other):
            await asyncio.sleep(0.7)
            await api.kill()
            await asyncio.sleep(0.3)
            await api.start()
        await asyncio.sleep(0.5)
        done.set()
        await writing
        expected = {everything: await ids_of(pool), some: await ids_of(pool, "S0", "S5"), faithful: await ids_of(pool)}
        async with asyncio.timeout(30):
            while any(len(client.ids) < len(ids) for client, ids in expected.items()):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        for client in clients:
            await client.stop()
    assert len(expected[everything]) > 100
    for client, ids in expected.items():
        assert client.resets == 0
        assert client.connections > 2
        assert [name for name, count in Counter(client.ids).items() if count > 1] == []
        assert client.ids == ids
