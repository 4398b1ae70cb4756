"""A stream that broke goes on where it broke, or says that it cannot; and who may have one, and for how long."""

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from api.live.feed import RECENT
from lib.db.changes.pruning import prune_changes
from lib.db.pool import Pool
from lib.settings import Settings
from tests.support import seed
from tests.support.accounts import become, settings_of
from tests.support.served import Served, served
from tests.support.sse import listening
from tests.support.streamed import DAY, STREAM


async def test_a_broken_stream_goes_on_where_it_broke(pool: Pool, web: Served) -> None:
    async with listening(web.client, symbols="AAPL") as heard:
        await seed.add_bar(pool, "AAPL", DAY, 1)
        await heard.until(lambda it: len(it.data) == 1)
    for n in range(2, 6):
        await seed.add_bar(pool, "AAPL", DAY, n)
        await seed.add_bar(pool, "MSFT", DAY, n)
    async with listening(web.client, symbols="AAPL", last_id=heard.last_id) as again:
        await seed.add_bar(pool, "AAPL", DAY, 6)
        await again.until(lambda it: len(it.data) >= 5)
        assert [event.data["bars"][0]["close"] for event in again.data] == [2, 3, 4, 5, 6]
        assert again.events[0].id == heard.last_id
    async with listening(web.client, symbols="AAPL", last_event_id=again.data[2].id) as later:
        await later.until(lambda it: len(it.data) >= 2)
        assert [event.data["bars"][0]["close"] for event in later.data] == [5, 6]
    # a client that reconnects by itself sends the old address and the new header
    async with listening(web.client, last_id=again.data[3].id, symbols="AAPL", last_event_id=heard.last_id) as newest:
        await newest.until(lambda it: len(it.data) >= 1)
        assert [event.data["bars"][0]["close"] for event in newest.data] == [6]


async def test_what_is_no_longer_in_memory_comes_from_the_database(pool: Pool, web: Served) -> None:
    async with listening(web.client, symbols="AAPL") as heard:
        await seed.add_bar(pool, "AAPL", DAY, 1)
        await heard.until(lambda it: len(it.data) == 1)
    async with pool.acquire() as conn:
        for n in range(2 * RECENT // 100):
            await conn.execute(
                "SELECT note_changes(array_agg(('bars', CASE n % 4 WHEN 0 THEN 'AAPL' ELSE 'MSFT' END, n::text, "
                "$2::date, $2::date, 1, 0, NULL, '[]')::change)) FROM generate_series($1 * 100, $1 * 100 + 99) AS n",
                n,
                DAY.date(),
            )
    async with listening(web.client, symbols="AAPL", last_id=heard.last_id) as again:
        for n in range(50):
            await seed.add_bar(pool, "AAPL", DAY, 100 + n)
        await again.until(lambda it: len(it.data) >= RECENT // 2 + 50)
        numbers = [event.data["interval"] for event in again.data]
        assert sorted(map(int, numbers[: RECENT // 2])) == list(range(0, 2 * RECENT, 4))
        assert [event.data["bars"][0]["close"] for event in again.data[RECENT // 2 :]] == list(range(100, 150))
        ids = [int(event.id.partition("-")[0]) for event in again.data]
        assert ids == sorted(set(ids))
        assert again.named("reset") == []


async def test_an_id_that_cannot_be_gone_on_from_is_said(pool: Pool, web: Served, database_url: str) -> None:
    async with listening(web.client) as heard:
        await seed.add_bar(pool, "AAPL", DAY, 1)
        await heard.until(lambda it: len(it.data) == 1)
    seq, _, at = heard.last_id.partition("-")
    await seed.add_bar(pool, "AAPL", DAY, 2)
    await pool.execute("UPDATE changes SET at = at - INTERVAL '3 days' WHERE seq <= $1", int(seq))
    for last_id, reason in (
        (f"{seq}-{int(at) + 1}", "unknown"),
        (f"{int(seq) + 1000}-{at}", "unknown"),
        ("nonsense", "unknown"),
    ):
        async with listening(web.client, last_id=last_id) as other:
            await other.until(lambda it: bool(it.named("reset")))
            assert other.named("reset")[0].data == {"reason": reason}
            assert other.data == []
    await prune_changes(pool, keep=timedelta(hours=48))
    async with served(Settings(database_url=database_url, api_port=0)) as restarted:
        async with listening(restarted.client, last_id=heard.last_id) as late:
            await late.until(lambda it: bool(it.named("reset")))
            assert late.named("reset")[0].data == {"reason": "expired"}
            # and it is a stream like any other from there
            await seed.add_bar(pool, "AAPL", DAY, 3)
            await late.until(lambda it: bool(it.data))
        async with listening(restarted.client, last_id=late.named("reset")[0].id) as again:
            await again.until(lambda it: bool(it.data))
            assert [event.data["bars"][0]["close"] for event in again.data] == [3]


async def test_heartbeats_move_the_id_past_what_was_not_wanted(pool: Pool, database_url: str) -> None:
    await seed.add_scorer(pool)
    for symbol in ("AAPL", "MSFT"):
        await seed.add_symbol(pool, symbol)
    async with served(Settings(database_url=database_url, api_port=0, stream_heartbeat_seconds=0.2)) as web:
        async with listening(web.client, symbols="AAPL") as heard:
            first = heard.last_id
            await seed.add_bar(pool, "MSFT", DAY, 1)
            await heard.until(lambda it: it.comments >= 3)
            assert heard.last_id != first
            assert heard.data == []
        await seed.add_bar(pool, "AAPL", DAY, 2)
        async with listening(web.client, symbols="AAPL", last_id=heard.last_id) as again:
            await again.until(lambda it: bool(it.data))
            assert len(again.data) == 1


async def test_there_are_only_so_many(pool: Pool, database_url: str) -> None:
    limits = {"stream_listeners": 3, "stream_listeners_per_address": 2}
    async with served(Settings(database_url=database_url, api_port=0, **limits)) as web:  # type: ignore[arg-type]
        async with listening(web.client), listening(web.client):
            answer = await web.client.get(STREAM)
            assert (answer.status_code, answer.json()["type"]) == (429, "urn:insitechart:too-many-streams")
            assert int(answer.headers["retry-after"]) > 0
            elsewhere = web.feed.admit(next(iter(web.feed._admitted)).wanted, "another address")
            answer = await web.client.get(STREAM)
            assert (answer.status_code, answer.json()["type"]) == (503, "urn:insitechart:too-many-streams")
            assert int(answer.headers["retry-after"]) > 0
            web.feed.dismiss(elsewhere)
        async with asyncio.timeout(5):
            while web.feed._admitted:  # noqa: ASYNC110 - the server notices it by itself
                await asyncio.sleep(0.01)
        async with listening(web.client):
            pass


async def test_a_network_of_ipv6_is_one_address(pool: Pool, database_url: str) -> None:
    settings = Settings(
        database_url=database_url, api_port=0, stream_listeners_per_address=2, trusted_proxies=("127.0.0.1",)
    )
    async with served(settings) as web, AsyncExitStack() as stack:
        for number in range(2):
            from_there = {"X-Forwarded-For": f"2001:db8:1:2::{number}"}
            answer = await stack.enter_async_context(web.client.stream("GET", STREAM, headers=from_there))
            assert answer.status_code == 200
        refused = await web.client.get(STREAM, headers={"X-Forwarded-For": "2001:db8:1:2:ffff::9"})
        assert refused.status_code == 429
        elsewhere = {"X-Forwarded-For": "2001:db8:1:3::1"}
        assert (await stack.enter_async_context(web.client.stream("GET", STREAM, headers=elsewhere))).status_code == 200


async def test_where_reads_are_closed_a_stream_lasts_no_longer_than_a_token(
    pool: Pool, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.live.controller.PROVEN_S", 0.5)
    async with served(settings_of(database_url, tmp_path, api_port=0, public_reads=False)) as web:
        assert (await web.client.get(STREAM)).status_code == 401
        await become(cast("Any", web.client), pool, "user")
        async with asyncio.timeout(10), web.client.stream("GET", STREAM) as answer:
            text = (await answer.aread()).decode()
        assert "event: status" in text
        # it ended as streams do, so a client comes back by itself, and proves anew who it is
        await pool.execute("UPDATE users SET disabled_at = now()")
        async with asyncio.timeout(10):
            while (await web.client.get(STREAM)).status_code != 401:  # noqa: ASYNC110 - it is remembered for a while
                await asyncio.sleep(0.2)


async def test_who_does_not_read_is_cut_off_and_can_go_on(
    pool: Pool, web: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.live.serving.LINGER_S", 0.5)
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port, limit=1024)
    writer.write(f"GET {STREAM}?kinds=bars HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head
    text = json.dumps([{"start": "", "filler": "x" * 20_000}])
    async with listening(web.client, kinds="bars") as other:
        sent = 0
        async with asyncio.timeout(20), pool.acquire() as conn:
            while len(web.feed._admitted) > 1:
                await conn.execute(
                    "SELECT note_changes(ARRAY[('bars', 'AAPL', '1d', $2::date, $2::date, 1, 0, NULL, $1::text::jsonb)"
                    "::change])",
                    text,
                    DAY.date(),
                )
                sent += 1
                # who reads is not disturbed
                await other.until(lambda it: len(it.data) == sent)  # noqa: B023
        metrics = (await web.client.get("/metrics")).text
        assert 'insitechart_stream_listeners_ended_total{reason="slow"}' in metrics
        async with asyncio.timeout(10):
            while len(web.server.server_state.connections) > 2:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    rest = b""
    try:
        while chunk := await reader.read(65536):
            rest += chunk
    except ConnectionResetError:
        pass
    whole = rest.rpartition(b"\n\n")[0]
    last_id = whole.rpartition(b"id: ")[2].partition(b"\n")[0].decode()
    async with listening(web.client, kinds="bars", last_id=last_id) as again:
        await again.until(lambda it: it.last_id == other.last_id)
        assert 0 < len(again.data) < sent
    writer.close()
