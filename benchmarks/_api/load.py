"""Asks a server as fast as it answers (wrk), or at a constant rate whatever it does. It does not know what is asked.

wrk cannot hold a rate: it sends the next request of a connection when the last was answered, so a server that stalls is
asked less. `at_rate` asks when the clock says so and counts from that moment, so a stall is seen by all who wait.
"""

import asyncio
import gc
import re
import shutil
import subprocess
import sys
from collections import deque
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

CONNECTIONS = 32

_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_ERRORS = re.compile(r"(Non-2xx or 3xx responses|Socket errors): (.*)")


class Latency(NamedTuple):
    """Milliseconds from when a request was due until its last byte, and how many requests a second were answered."""

    p50: float
    p99: float
    rate: float


def pinned(core: int, command: list[str]) -> list[str]:
    """`command`, on one core where that can be had."""
    return ["taskset", "-c", str(core), *command] if shutil.which("taskset") else command


async def most(url: str, *, seconds: int, script: Path | None = None) -> float:
    """Requests a second at CONNECTIONS connections. Raises RuntimeError for an answer that is no 2xx."""
    command = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "--timeout",
        "10s",
        *(["-s", str(script)] if script else []),
        url,
    ]
    done = await asyncio.to_thread(subprocess.run, pinned(1, command), check=True, capture_output=True, text=True)
    wrong, rate = _ERRORS.search(done.stdout), _RATE.search(done.stdout)
    if wrong or rate is None:
        raise RuntimeError(f"{url}: {wrong[0] if wrong else done.stdout}")
    return float(rate[1])


async def at_rate(port: int, path: str, *, rate: float, seconds: float) -> Latency:
    """What requests at a constant rate wait for, measured by a process of its own on the other core."""
    command = [sys.executable, "-m", __name__, str(port), path, f"{rate:.1f}", f"{seconds:g}"]
    done = await asyncio.to_thread(subprocess.run, pinned(1, command), check=True, capture_output=True, text=True)
    return Latency(*map(float, done.stdout.split()))


class _Connection(asyncio.Protocol):
    """One keep-alive connection: one request at a time, answered with a Content-Length."""

    def __init__(self, request: bytes, idle: "deque[_Connection]", times: list[float]) -> None:
        self._request, self._idle, self._times = request, idle, times
        self._left, self._due, self._head = 0, 0.0, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._idle.append(self)

    def ask(self, due: float) -> None:
        """Sends the request that was to be sent at `due`."""
        self._due = due
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if not self._left:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            assert self._head.startswith(b"HTTP/1.1 200"), self._head[:200]
            found = re.search(rb"(?i)\r\ncontent-length: (\d+)", self._head[:end])
            assert found is not None
            self._left = end + 4 + int(found[1])
            data, self._head = self._head, b""
        self._left -= len(data)
        if self._left == 0:
            self._times.append(perf_counter() - self._due)
            self._idle.append(self)


async def _measure(port: int, path: str, rate: float, seconds: float) -> Latency:
    idle: deque[_Connection] = deque()
    times: list[float] = []
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    loop = asyncio.get_running_loop()
    for _ in range(CONNECTIONS * 2):
        await loop.create_connection(lambda: _Connection(request, idle, times), "127.0.0.1", port)
    waiting: deque[float] = deque()
    begun = perf_counter()
    asked, total = 0, int(rate * seconds)
    while len(times) < total:
        now = perf_counter()
        while asked < total and begun + asked / rate <= now:
            waiting.append(begun + asked / rate)
            asked += 1
        while waiting and idle:
            idle.popleft().ask(waiting.popleft())
        ahead = begun + asked / rate - perf_counter()
        # timers are good for a millisecond: what is due sooner is waited for awake
        await asyncio.sleep(ahead - 0.001 if ahead > 0.002 else 0)
    took = perf_counter() - begun
    times.sort()
    return Latency(times[len(times) // 2] * 1000, times[len(times) * 99 // 100] * 1000, total / took)


if __name__ == "__main__":
    port, path, rate, seconds = sys.argv[1:]
    # a pause of this process is not the server's
    gc.disable()
    print(*asyncio.run(_measure(int(port), path, float(rate), float(seconds))))
