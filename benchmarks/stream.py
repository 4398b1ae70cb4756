"""The stream of changes with 2,000 listeners on one process: from a commit to everyone who listens.

The server and the listeners are processes of their own; every listener stamps each event as its bytes arrive, and the
writer puts the moment after its commit beside it. The baseline is a bare ASGI application under the same server that
writes bytes of the same length to as many listeners, from a queue each and straight from the request that brings them:
no database, no log, no filter, no resume. Figures of time and memory are the better the smaller.
"""

import asyncio
import multiprocessing
import os
import re
import socket
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, NamedTuple

import httpx
import psutil

from api.live.serving import allow_open_files
from benchmarks.support import empty_database
from lib.db.ingest.symbols import store_listings
from lib.db.pool import open_pool
from lib.domain.symbols import Listing

LISTENERS = 2_000
EVENTS = 30
PER_SECOND = 2
ROUNDS = 3
STREAM = "/api/v1/sentiment/stream?kinds=bars"

_BAR = """
INSERT INTO bars SELECT '1m', id, '2026-03-02Z'::timestamptz + $1 * INTERVAL '1 minute', 10, 12, 9, 11, 11, $1, 'bench',
clock_timestamp() FROM symbols WHERE symbol = 'AAPL'
"""


class Measured(NamedTuple):
    """Seconds from commit to receipt at the median and the 99th percentile, KiB a listener, and CPU seconds of the
    server for each event that reached one listener.
    """

    p50: float
    p99: float
    kib: float
    cpu: float


async def main() -> list[tuple[str, float, float, str]]:
    """Latency, memory and CPU, ours beside the bare application: medians of alternating rounds."""
    allow_open_files(2 * LISTENERS)
    rounds = [(await _bare(), await _ours()) for _ in range(ROUNDS)]
    bare, ours = (Measured(*map(statistics.median, zip(*each, strict=True))) for each in zip(*rounds, strict=True))
    return [
        (f"{LISTENERS} listeners: commit to receipt, p50", ours.p50 * 1000, bare.p50 * 1000, "ms"),
        (f"{LISTENERS} listeners: commit to receipt, p99", ours.p99 * 1000, bare.p99 * 1000, "ms"),
        ("memory of the server for each listener", ours.kib, bare.kib, "KiB"),
        ("CPU of the server for each event at each listener", ours.cpu * 1e6, bare.cpu * 1e6, "µs"),
    ]


async def _ours() -> Measured:
    async with empty_database() as url, open_pool(url, application="insitechart-bench") as pool:
        async with pool.acquire() as conn:
            await store_listings(conn, [Listing(symbol="AAPL", name="Apple Inc.")])
        settings = {
            "INSITECHART_DATABASE_URL": url,
            "INSITECHART_STREAM_LISTENERS_PER_ADDRESS": str(LISTENERS + 10),
            "INSITECHART_LIMITS_ANONYMOUS_READS": "0",
        }

        async def commit(n: int) -> None:
            await pool.execute(_BAR, n)

        async with _serving("api", settings) as (process, port):
            return await _measure(process, port, STREAM, commit)


async def _bare() -> Measured:
    async with _serving("benchmarks.bare_stream", {}) as (process, port), httpx.AsyncClient() as client:

        async def say(n: int) -> None:
            await client.post(f"http://127.0.0.1:{port}/say?n={n}")

        return await _measure(process, port, "/", say)


@asynccontextmanager
async def _serving(module: str, settings: dict[str, str]) -> AsyncIterator[tuple[psutil.Process, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, **settings, "INSITECHART_API_PORT": str(port), "INSITECHART_LOG_LEVEL": "error"}
    process = subprocess.Popen([sys.executable, "-m", module], env=environment)  # noqa: ASYNC220
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            while process.poll() is None:
                try:
                    if (await client.get("/health/live")).status_code == 200:
                        break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
        yield psutil.Process(process.pid), port
    finally:
        process.terminate()
        process.wait(30)


async def _measure(process: psutil.Process, port: int, path: str, commit: Callable[[int], Awaitable[None]]) -> Measured:
    before = process.memory_info().rss
    ours, theirs = multiprocessing.Pipe()
    listeners = multiprocessing.get_context("spawn").Process(target=_listen, args=(port, path, theirs))
    listeners.start()
    try:
        await asyncio.to_thread(ours.recv)
        kib = (process.memory_info().rss - before) / 1024 / LISTENERS
        cpu = process.cpu_times()
        begun = monotonic()
        committed: dict[int, float] = {}
        for n in range(EVENTS):
            await asyncio.sleep(max(0.0, begun + n / PER_SECOND - monotonic()))
            await commit(n)
            committed[n] = monotonic()
        received: list[dict[int, float]] = await asyncio.to_thread(ours.recv)
        used = process.cpu_times()
    finally:
        listeners.join(30)
    delays = [moment - committed[n] for each in received for n, moment in each.items()]
    assert len(delays) == LISTENERS * EVENTS
    marks = statistics.quantiles(delays, n=100)
    return Measured(marks[49], marks[98], kib, (used.user + used.system - cpu.user - cpu.system) / len(delays))


def _listen(port: int, path: str, line: Any) -> None:
    allow_open_files(LISTENERS)
    asyncio.run(_listen_all(port, path, line))


async def _listen_all(port: int, path: str, line: Any) -> None:
    loop = asyncio.get_running_loop()
    listeners = []
    for n in range(LISTENERS):
        _, listener = await loop.create_connection(lambda: Listener(path), "127.0.0.1", port)
        listeners.append(listener)
        if n % 100 == 99:
            await asyncio.gather(*(each.begun for each in listeners))
    await asyncio.sleep(2)
    line.send("ready")
    await asyncio.gather(*(each.done for each in listeners))
    line.send([each.received for each in listeners])


class Listener(asyncio.Protocol):
    """Looks at nothing but when which number came."""

    def __init__(self, path: str) -> None:
        self.begun = asyncio.get_running_loop().create_future()
        self.done = asyncio.get_running_loop().create_future()
        self.received: dict[int, float] = {}
        self._path = path
        self._rest = b""

    def connection_made(self, transport: Any) -> None:
        transport.write(f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        moment = monotonic()
        if not self.begun.done():
            self.begun.set_result(None)
        self._rest += data
        whole, found, self._rest = self._rest.rpartition(b"\n\n")
        for one in re.finditer(rb"\"volume\": ?(\d+)", whole + found):
            self.received[int(one[1])] = moment
        if len(self.received) == EVENTS and not self.done.done():
            self.done.set_result(None)
