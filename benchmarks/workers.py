"""What another worker adds: posts scored from end to end by 1, 2 and 4 processes against one PostgreSQL.

The ratio is to one process. Beside the rates stands what a post costs: seconds of processor of the workers and of
PostgreSQL, from which the size of anything larger follows; a machine with fewer cores than processes shows no more.
"""

import os
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.support import empty_database
from deployments.cli.scoring_workers import ScoringProcesses
from lib.db.pool import open_pool
from lib.sources.archive.importer import import_file
from lib.sources.archive.options import ImportOptions
from tests.support.data import data_folder

_SYMBOLS = ("us_symbols.csv.gz", "kr_symbols.csv.gz")
_POSTS = "stocknet_posts.jsonl.gz"
_WORKERS = (1, 2, 4)
# each number of workers has its own of the 58,490 posts to read
_EACH = 19_000

_WRITTEN = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
_STORED = "SELECT pg_database_size(current_database())"


async def main() -> list[tuple[str, float, float, str]]:
    """Posts a second by each number of workers; prints what a post costs in microseconds of processor, too."""
    source = data_folder()
    if not (source / _POSTS).exists():
        print(f"no real data in {source} (set INSITECHART_TEST_DATA): scoring by several workers is left out")
        return []
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
    rates: dict[int, float] = {}
    async with empty_database() as url:
        written = await _fill(url, source)
        for workers in _WORKERS:
            rates[workers], ours, postgres = _measured(url, workers)
            print(f"{workers}: a post takes {ours * 1e6:,.0f} µs of the workers, {postgres * 1e6:,.0f} of PostgreSQL")
        async with open_pool(url, application="insitechart-bench") as pool:
            wal = (await pool.fetchval(_WRITTEN) - written) / (_EACH * len(_WORKERS))
            size = await pool.fetchval(_STORED)
            print(f"a post writes {wal:,.0f} bytes of log while it is scored; the database has {size:,} bytes")
    return [(f"scored by {n} of one PostgreSQL", rate, rates[1], "posts/s") for n, rate in rates.items()]


async def _fill(url: str, source: Path) -> int:
    """Imports listings and posts; returns the bytes of log written so far."""
    # linked, for what is written beside an archive must not land in the folder of real data
    with tempfile.TemporaryDirectory(prefix="insitechart-bench-") as name:
        folder = Path(name)
        for file in (*_SYMBOLS, _POSTS):
            (folder / file).symlink_to(source / file)
        async with open_pool(url, application="insitechart-bench") as pool:
            for file in _SYMBOLS:
                await import_file(pool, folder / file, ImportOptions(kind="symbols"), rejects=folder / "rejects")
            await import_file(pool, folder / _POSTS, ImportOptions(kind="posts"), rejects=folder / "rejects")
            await pool.execute("VACUUM ANALYZE")
            written: int = await pool.fetchval(_WRITTEN)
            return written


def _measured(url: str, workers: int) -> tuple[float, float, float]:
    """Posts a second, and seconds of processor a post in the workers and in PostgreSQL. Starting them counts."""
    before, own, begun = _postgres_seconds(), os.times(), time.perf_counter()
    scored = sum(
        result.taken for result in ScoringProcesses(url, ["vader@1"], total=_EACH, processes=workers).results()
    )
    seconds, ended = time.perf_counter() - begun, os.times()
    assert scored == _EACH
    ours = ended.children_user - own.children_user + ended.children_system - own.children_system
    return scored / seconds, ours / scored, (_postgres_seconds() - before) / scored


def _postgres_seconds() -> float:
    """Processor used by this process's PostgreSQL so far: by what runs, and by what has ended and was waited for."""
    total = 0.0
    for child in psutil.Process().children(recursive=True):
        try:
            if "postgres" in child.name():
                used = child.cpu_times()
                total += used.user + used.system + used.children_user + used.children_system
        except psutil.Error:
            continue
    return total
