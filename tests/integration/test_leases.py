"""Connections that reads keep at hand: few, shared, given back whole, and replaced when the server went away."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from lib.db.databases import create_database
from lib.db.leases import LeasingPool
from lib.db.pool import open_pool
from lib.db.reading import read_row, read_rows
from lib.errors import DatabaseUnavailable, TooSlow
from lib.postgres.server import running_server

SIZE, FOR_READS = 4, 2


@pytest.fixture
async def leasing(database_url: str) -> AsyncIterator[LeasingPool]:
    """A pool of SIZE connections, of which reads keep at most FOR_READS."""
    async with open_pool(database_url, application="insitechart-test", max_size=SIZE, stateless=True) as pool:
        assert isinstance(pool, LeasingPool)
        yield pool


async def test_reads_share_few_connections_and_leave_the_others_free(leasing: LeasingPool) -> None:
    rows = await asyncio.gather(
        *(read_row(leasing, "SELECT pg_backend_pid() AS pid, $1::int AS n", n) for n in range(200))
    )
    assert [row["n"] for row in rows if row] == list(range(200))
    assert len({row["pid"] for row in rows if row}) <= FOR_READS
    async with leasing.acquire(timeout=5), leasing.acquire(timeout=5):
        assert leasing.get_size() - leasing.get_idle_size() == 2
    assert leasing.get_size() == leasing.get_idle_size()


async def test_whoever_gives_up_leaves_a_connection_that_others_can_use(leasing: LeasingPool) -> None:
    for _ in range(3):
        reads = [asyncio.create_task(read_rows(leasing, "SELECT pg_sleep(30)")) for _ in range(FOR_READS + 3)]
        await asyncio.sleep(0.05)
        for read in reads:
            read.cancel()
        await asyncio.gather(*reads, return_exceptions=True)
    async with asyncio.timeout(10):
        found = await asyncio.gather(*(read_row(leasing, "SELECT $1::int AS n", n) for n in range(20)))
    assert [row["n"] for row in found if row] == list(range(20))


async def test_an_error_of_a_statement_costs_no_connection(leasing: LeasingPool) -> None:
    for _ in range(SIZE * 2):
        with pytest.raises(asyncpg.DivisionByZeroError):
            await read_row(leasing, "SELECT 1 / $1::int", 0)
    assert await read_row(leasing, "SELECT 1 AS one") is not None


async def test_a_statement_that_takes_too_long_says_so(database_url: str) -> None:
    async with open_pool(
        database_url, application="insitechart-test", max_size=SIZE, statement_timeout_s=0.05, stateless=True
    ) as pool:
        with pytest.raises(TooSlow, match="took too long"):
            await read_row(pool, "SELECT pg_sleep(30)")
        assert await read_row(pool, "SELECT 1 AS one") is not None


async def test_nobody_waits_for_ever(leasing: LeasingPool, monkeypatch: pytest.MonkeyPatch) -> None:
    # to connect is not what is waited for here
    await asyncio.gather(*(read_rows(leasing, "SELECT pg_sleep(0.2)") for _ in range(FOR_READS)))
    monkeypatch.setattr("lib.db.reading.ACQUIRE_TIMEOUT_S", 0.05)
    busy = [asyncio.create_task(read_rows(leasing, "SELECT pg_sleep(1)")) for _ in range(FOR_READS)]
    await asyncio.sleep(0.02)
    with pytest.raises(DatabaseUnavailable, match="No connection"):
        await read_row(leasing, "SELECT 1")
    await asyncio.gather(*busy)
    assert await read_row(leasing, "SELECT 1 AS one") is not None


async def test_the_pool_closes_while_a_read_is_under_way(database_url: str) -> None:
    async with open_pool(database_url, application="insitechart-test", max_size=SIZE, stateless=True) as pool:
        await read_row(pool, "SELECT 1")
        read = asyncio.create_task(read_row(pool, "SELECT pg_sleep(0.2)::text AS done"))
        await asyncio.sleep(0.05)
    assert await read is not None


async def test_connections_that_a_restart_broke_are_replaced(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        await create_database(server.url("postgres"), "kept")
        async with open_pool(server.url("kept"), application="insitechart-test", max_size=SIZE, stateless=True) as pool:
            for _ in range(2):
                await asyncio.gather(*(read_row(pool, "SELECT 1") for _ in range(10)))
                await server.stop()
                with pytest.raises(DatabaseUnavailable):
                    await read_row(pool, "SELECT 1")
                await asyncio.to_thread(server.start)
                await server.ready()
                assert all(await asyncio.gather(*(read_row(pool, "SELECT 1 AS one") for _ in range(10))))
