"""What a backup takes, sealed, streamed and verified, beside what PostgreSQL's own programs take by hand on the same
database. It does not know the other benchmarks.

INSITECHART_BENCH_MB is the size of the database (1,100 MB unless set). Each figure is the median of alternating rounds.
"""

import asyncio
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from lib.backup.catalogue import read_backup
from lib.backup.dump import take_dump
from lib.backup.keys import new_identity, parse_backup_keys
from lib.backup.programs import connection_environment, programs_of, run
from lib.backup.store.folder import FolderStore
from lib.backup.verify import verify_dump
from lib.db.databases import create_database, drop_database
from lib.db.migrate import migrate
from lib.db.pool import connect
from lib.postgres.server import PostgresServer, running_server

_MB = int(os.environ.get("INSITECHART_BENCH_MB", "1100"))
_ROUNDS = int(os.environ.get("INSITECHART_BENCH_ROUNDS", "3"))
_UNIT = "ms, less is better"

_SYMBOLS = """
INSERT INTO symbols (symbol, name) SELECT 'S' || n, 'Listing ' || n FROM generate_series(1, 500) AS n
"""

# prices wander as prices do, a minute after the other, and have the digits that providers send
_BARS = """
INSERT INTO bars (interval, symbol_id, start, open, high, low, close, adj_close, volume, source, observed_at)
SELECT '1m', s, timestamptz '2026-01-05 14:30Z' + n * interval '1 minute', p, p + 0.13, p - 0.21, p + 0.04, p + 0.04,
       (hashint4(n + s) & 1048575)::bigint, 'yahoo', timestamptz '2026-02-01Z' + n * interval '1 second'
FROM generate_series(1, 500) AS s, generate_series(1, $1::integer) AS n,
     LATERAL (SELECT round((50 + s + 10 * sin(n / 180.0) + (hashint4(n * s) & 255) / 100.0)::numeric, 4) AS p) AS price
"""

_POSTS = """
INSERT INTO posts (source, external_id, author, published_at, observed_at, lang, text, url, reach, content_hash)
SELECT 'reddit', md5(n::text), 'author' || (hashint4(n) & 65535), timestamptz '2026-01-05Z' + n * interval '7 seconds',
       timestamptz '2026-01-05Z' + n * interval '8 seconds', 'en',
       concat_ws(' ', '$S' || (hashint4(n) & 511), w[1 + (hashint4(n) & 63)], w[1 + (hashint4(n + 1) & 63)],
                 w[1 + (hashint4(n * 3) & 63)], w[1 + (hashint4(n * 5) & 63)], w[1 + (hashint4(n * 7) & 63)], n,
                 w[1 + (hashint4(n * 11) & 63)], w[1 + (hashint4(n * 13) & 63)], w[1 + (hashint4(n * 17) & 63)],
                 w[1 + (hashint4(n * 19) & 63)], w[1 + (hashint4(n * 23) & 63)], w[1 + (hashint4(n * 29) & 63)]),
       'https://www.example.com/r/stocks/comments/' || md5('u' || n), hashint4(n) & 4095, sha256(n::text::bytea)
FROM generate_series(1, $1::integer) AS n,
     (SELECT regexp_split_to_array(
          'the a of and to in is that it for on was with as be at this have from or by not but what all were when we '
          'there can an your which their if each about how up out them then she many some so these would other '
          'into has more shares market price earnings buy sell hold rally crash calls puts quarter growth', ' ') AS w
     ) AS words
"""

_SIZE = "SELECT pg_database_size(current_database())"

# of a database of one megabyte: so many minutes of 500 listings, so many posts
_MINUTES_PER_MB, _POSTS_PER_MB = 5.4, 1_500


async def main() -> list[tuple[str, float, float, str]]:
    """Rows of (what, ours, baseline, unit), in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="insitechart-bench-") as place:
        folder = Path(place)
        async with running_server(folder / "postgres") as server:
            await create_database(server.url("postgres"), "bench")
            size = await _fill(server.url("bench"))
            hand, ours = _Hand(server, folder), _Ours(server, folder)
            times: dict[str, list[float]] = {}
            for _ in range(_ROUNDS):
                for name, work in (
                    ("dump by hand", hand.dump), ("dump", ours.dump), ("restored by hand", hand.restore),
                    ("verified", ours.verify), ("as planned", hand.as_planned),
                ):  # fmt: skip
                    times.setdefault(name, []).append(await _timed(work))
    took = {name: statistics.median(rounds) for name, rounds in times.items()}
    verified = took["dump"] + took["verified"]
    by_hand = took["dump by hand"] + took["restored by hand"]
    title = f"{size / 1e6:,.0f} MB"
    return [
        (
            f"{title}: sealed and checksummed into a folder; pg_dump -Fc to a file",
            took["dump"],
            took["dump by hand"],
            _UNIT,
        ),
        ("… and verified by a restore; pg_dump -Fc and pg_restore -j2", verified, by_hand, _UNIT),
        ("the same; pg_dump -Z9, gzip, copy, gunzip, pg_restore", verified, took["as planned"], _UNIT),
    ]


class _Hand:
    """What a person would type."""

    def __init__(self, server: PostgresServer, folder: Path) -> None:
        self._server, self._folder = server, folder
        self._programs = programs_of(18, server.binaries)
        self._file = folder / "by-hand.dump"

    async def dump(self) -> None:
        """pg_dump -Fc to a file."""
        await self._run("pg_dump", "-Fc", f"--file={self._file}")

    async def restore(self) -> None:
        """pg_restore -j2 into a fresh database."""
        await self._restore("-j2", self._file)

    async def as_planned(self) -> None:
        """Squeezed hard, squeezed again, copied away, and restored by one job."""
        squeezed = self._folder / "planned.dump"
        await self._run("pg_dump", "-Fc", "--compress=9", f"--file={squeezed}")
        await asyncio.to_thread(subprocess.run, ["gzip", "-f", str(squeezed)], check=True)
        archive = squeezed.with_suffix(".dump.gz")
        copy = await asyncio.to_thread(shutil.copyfile, archive, self._folder / "copied.dump.gz")
        await asyncio.to_thread(subprocess.run, ["gunzip", "-f", str(copy)], check=True)
        await self._restore("-j1", copy.with_suffix(""))
        archive.unlink()
        copy.with_suffix("").unlink()

    async def _restore(self, jobs: str, file: Path) -> None:
        await create_database(self._server.url("postgres"), "again")
        await self._run("pg_restore", "--exit-on-error", jobs, "--dbname=again", file)
        await drop_database(self._server.url("postgres"), "again")

    async def _run(self, program: str, *words: str | Path) -> None:
        environment = connection_environment(self._server.url("bench"))
        await asyncio.to_thread(run, [self._programs / program, *words], environment)


class _Ours:
    """What the flow does."""

    def __init__(self, server: PostgresServer, folder: Path) -> None:
        self._url, self._folder = server.url("bench"), folder
        self._store = FolderStore(folder / "store")
        self._keys = parse_backup_keys(new_identity(), place="the benchmark")
        self._last = ""

    async def dump(self) -> None:
        """Into a folder, with the checksums of every table."""
        index = await take_dump(self._url, self._store, self._keys, installation="bench", now=datetime.now(UTC))
        self._last = index.id

    async def verify(self) -> None:
        """Read back, restored, compared."""
        backup = read_backup(self._store, "bench", "logical", self._last)
        verdict = await verify_dump(self._store, self._keys, backup, folder=self._folder / "scratch")
        assert verdict.ok, verdict


async def _fill(url: str) -> int:
    """Listings, minute bars and posts until the database has its size; its bytes."""
    await migrate(url)
    connection = await connect(url, application="insitechart-bench")
    try:
        await connection.execute("SET synchronous_commit = off")
        await connection.execute(_SYMBOLS)
        await connection.execute(_BARS, int(_MB * _MINUTES_PER_MB))
        await connection.execute(_POSTS, int(_MB * _POSTS_PER_MB))
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
        return int(await connection.fetchval(_SIZE))
    finally:
        await connection.close()


async def _timed(work: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1000
