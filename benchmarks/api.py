"""The API beside the barest servers that could do the same: one process each, in alternating rounds, uvloop and
httptools everywhere.

Servers stand on one core, wrk on the other; PostgreSQL runs where there is room. `uncached` is the same application
with INSITECHART_CACHE_MB=0. Each figure is the median of its rounds,
after one that does not count.
"""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import monotonic

from benchmarks._api.data import SYMBOL, fill, listings
from benchmarks._api.load import Latency, at_rate, most, pinned
from benchmarks._api.queries import MIX, queries, search_path, wrk_script
from benchmarks.support import empty_database
from lib.ports import free_port

_ROUNDS, _SECONDS = 5, 2
_LATENCY_S = 8.0
_OF_THE_PEAK = 0.8

_BARS = f"/api/v1/stocks/{SYMBOL}/bars?limit=500"
_SENTIMENT = f"/api/v1/sentiment/{SYMBOL}"
_DETAIL = f"/api/v1/stocks/{SYMBOL}"

_SERVERS = {"hello": "hello", "bare": "bare", "orm": "orm", "cached": "ours", "uncached": "ours"}
_TARGETS = {
    "hello": ("hello", "/"),
    "bare lookup": ("bare", f"/lookup/{SYMBOL}"),
    "bare bars": ("bare", f"/bars/{SYMBOL}"),
    "orm lookup": ("orm", f"/lookup/{SYMBOL}"),
    "orm bars": ("orm", f"/bars/{SYMBOL}"),
    "orm sentiment": ("orm", f"/sentiment/{SYMBOL}"),
    "cached bars": ("cached", _BARS),
    "cached sentiment": ("cached", _SENTIMENT),
    "uncached bars": ("uncached", _BARS),
    "uncached sentiment": ("uncached", _SENTIMENT),
    "uncached detail": ("uncached", _DETAIL),
}

# what is asked at a constant rate, and after what: a client and a machine have pauses of their own
_STEADY = (("cached bars", "hello"), ("uncached bars", "bare bars"), ("uncached sentiment", "bare lookup"))


async def main() -> list[tuple[str, float, float, str]]:
    """Rows in the order of docs/benchmarks.md."""
    if shutil.which("wrk") is None:
        print("wrk is not on the PATH, and nothing else here loads a server enough: the API is not measured")
        return []
    async with empty_database() as url, AsyncExitStack() as running:
        await fill(url)
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="insitechart-bench-")))
        ports = {name: await running.enter_async_context(_server(name, url, folder)) for name in _SERVERS}
        script = wrk_script([search_path(query) for query in queries(listings())], folder / "search.lua")
        found: dict[str, list[float]] = {name: [] for name in (*_TARGETS, "search")}
        for server, path in (*_TARGETS.values(), ("uncached", search_path("apple"))):
            await most(f"http://127.0.0.1:{ports[server]}{path}", seconds=1)
        for _ in range(_ROUNDS):
            for name, (server, path) in _TARGETS.items():
                found[name].append(await most(f"http://127.0.0.1:{ports[server]}{path}", seconds=_SECONDS))
            search = f"http://127.0.0.1:{ports['uncached']}/"
            found["search"].append(await most(search, seconds=_SECONDS, script=script))
        rates = {name: statistics.median(values) for name, values in found.items()}
        _print_spread(found)
        for ours, theirs in _STEADY:
            for name in (theirs, ours):
                server, path = _TARGETS[name]
                rate = rates[name] * _OF_THE_PEAK
                _print_latency(name, await at_rate(ports[server], path, rate=rate, seconds=_LATENCY_S))
    return _rows(rates)


def _rows(rates: dict[str, float]) -> list[tuple[str, float, float, str]]:
    print(f"search: {', '.join(f'{share} % {kind}' for kind, share in MIX.items())}; every query another, cache off")
    pairs = [
        ("cached 500 bars / hello of bare Litestar (floor 0.9)", "cached bars", "hello"),
        ("uncached 500 bars / bare ASGI + asyncpg, same SQL (0.8)", "uncached bars", "bare bars"),
        ("uncached 500 bars / FastAPI + SQLAlchemy + pydantic (8)", "uncached bars", "orm bars"),
        ("cached sentiment / bare ASGI + asyncpg lookup (0.6)", "cached sentiment", "bare lookup"),
        ("uncached sentiment / the same", "uncached sentiment", "bare lookup"),
        ("uncached sentiment / FastAPI, sums of one day", "uncached sentiment", "orm sentiment"),
        ("uncached detail / FastAPI, listing alone", "uncached detail", "orm lookup"),
        ("uncached detail / bare ASGI + asyncpg, listing alone", "uncached detail", "bare lookup"),
    ]
    rows = [(what, rates[ours], rates[theirs], "requests/s") for what, ours, theirs in pairs]
    return [*rows, ("search over 12,000 listings, uncached (2,000)", rates["search"], 0.0, "requests/s")]


def _print_latency(name: str, found: Latency) -> None:
    print(
        f"{name} at {_OF_THE_PEAK:.0%} of its peak: {found.rate:,.0f} requests/s at a constant rate, "
        f"p50 {found.p50:.2f} ms, p99 {found.p99:.2f} ms, {found.p99 / found.p50:.1f} ×"
    )


def _print_spread(found: dict[str, list[float]]) -> None:
    for name, values in found.items():
        print(f"{name}: {statistics.median(values):,.0f} requests/s ({min(values):,.0f} to {max(values):,.0f})")


@asynccontextmanager
async def _server(name: str, url: str, folder: Path) -> AsyncIterator[int]:
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "INSITECHART_DATABASE_URL": url,
        "INSITECHART_HOME": str(folder),
        "INSITECHART_CACHE_MB": "64" if name == "cached" else "0",
        # counted as ever, and never reached
        "INSITECHART_LIMITS_ANONYMOUS_READS": str(10**9),
    }
    command = pinned(0, [sys.executable, "-m", "benchmarks._api.serve", _SERVERS[name], str(port)])
    log = folder / f"{name}.log"
    process = _started(command, environment, log)
    try:
        _wait_for(port, process, log)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def _started(command: list[str], environment: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as out:
        return subprocess.Popen(command, env=environment, stdout=out, stderr=out)


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    patience = monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None or monotonic() > patience:
                raise RuntimeError(f"A server did not start: {log.read_text()[-2000:]}") from None
        else:
            return
