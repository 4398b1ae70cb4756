"""The stream of real processes: stopped with streams open, and with a database that goes away."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import httpx

from lib.db.databases import create_database
from lib.db.migrate import migrate
from lib.db.pool import Pool, connect, open_pool
from lib.postgres.server import running_server
from tests.support import seed
from tests.support.api_process import free_ports, running_api
from tests.support.sse import listening

DAY = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)


async def test_it_ends_in_time_with_streams_open(pool: Pool, database_url: str) -> None:
    await seed.add_symbol(pool, "S0")
    (port,) = free_ports(1)
    async with running_api(database_url, port) as api, httpx.AsyncClient(base_url=api.url) as web:  # noqa: SIM117
        async with listening(web) as one, listening(web) as other:
            # somebody who has stopped reading, with much waiting for him
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(b"GET /api/v1/sentiment/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            await seed.add_bar(pool, "S0", DAY, 1)
            await one.until(lambda it: bool(it.data))
            seconds = await api.terminate()
            await asyncio.wait_for(asyncio.gather(one.ended.wait(), other.ended.wait()), 5)
            writer.close()
    assert seconds < 4


async def test_a_database_that_goes_away_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    async with running_server(tmp_path) as server:
        url = server.url("kept")
        await create_database(server.url("postgres"), "kept")
        await migrate(url)
        async with open_pool(url, application="insitechart-test") as pool:
            await seed.add_symbol(pool, "AAPL")
        async with running_api(url, port) as api, httpx.AsyncClient(base_url=api.url) as web:  # noqa: SIM117
            async with listening(web) as heard:
                await _bar(url, 1)
                await heard.until(lambda it: len(it.data) == 1)
                await server.stop()
                await heard.until(lambda it: [event.data["source"] for event in it.named("status")] == ["ok", "away"])
                answer = await web.get("/api/v1/sentiment/stream", headers={"Last-Event-ID": "1-1"})
                assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
                await asyncio.to_thread(server.start)
                await server.ready()
                await _bar(url, 2)
                await heard.until(lambda it: len(it.data) == 2)
                await heard.until(
                    lambda it: [event.data["source"] for event in it.named("status")] == ["ok", "away", "ok"]
                )
                await _bar(url, 3)
                await heard.until(lambda it: len(it.data) == 3)
                assert [event.data["bars"][0]["close"] for event in heard.data] == [1, 2, 3]
                assert heard.named("reset") == []


async def _bar(url: str, close: int) -> None:
    conn = await connect(url, application="insitechart-test")
    try:
        await seed.add_bar(conn, "AAPL", DAY, close)
    finally:
        await conn.close()
