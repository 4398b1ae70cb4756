"""A scorer over history, by two threads, two processes and two workers of a Dask cluster.

Beside each: the same shards one after the other in this process, without Prefect. Times of the flow count from its
start to its end, with the start of its processes; the Dask cluster runs before.
"""

import os
import tempfile
import time
from pathlib import Path

from prefect.testing.utilities import prefect_test_harness

from benchmarks.support import empty_database
from deployments.cli.scoring_workers import ScoringProcesses
from flows.rescore import rescore
from lib.db.pool import connect, open_pool
from lib.db.scoring import waiting
from lib.db.scoring.rescoring import Rescoring, next_shard, rescore_shard, survey
from lib.settings import load_settings
from lib.sources.archive.importer import import_file
from lib.sources.archive.options import ImportOptions
from tests.support.dask import dask_cluster
from tests.support.data import data_folder

_FILES = (("us_symbols.csv.gz", "symbols"), ("stocknet_posts.jsonl.gz", "posts"))
_SCORER = "vader@1"
_READ_BY = "korean@1"
_SIZE = 4000


async def main() -> list[tuple[str, float, float, str]]:
    """Posts a second of vader@1 over all posts of StockNet, which korean@1 has read before."""
    source = data_folder()
    if not all((source / name).exists() for name, _ in _FILES):
        print(f"no real data in {source} (set INSITECHART_TEST_DATA): rescoring is left out")
        return []
    async with empty_database() as url:
        await _fill(url, source)
        os.environ["INSITECHART_DATABASE_URL"] = url
        load_settings.cache_clear()
        plain = await _plain(url)
        with prefect_test_harness(server_startup_timeout=120), dask_cluster(workers=2) as cluster:
            by_runner = {
                "threads": await _flow(runner="threads", workers=2),
                "processes": await _flow(runner="processes", workers=2),
                "dask": await _flow(runner="dask", dask_address=cluster.address),
                "dask, warm": await _flow(runner="dask", dask_address=cluster.address),
            }
    return [(f"rescore StockNet, two {name}", rate, plain, "posts/s") for name, rate in by_runner.items()]


async def _fill(url: str, source: Path) -> None:
    # linked, for what is written beside an archive must not land in the folder of real data
    with tempfile.TemporaryDirectory(prefix="insitechart-bench-") as name:
        folder = Path(name)
        async with open_pool(url, application="insitechart-bench") as pool:
            for file, kind in _FILES:
                (folder / file).symlink_to(source / file)
                options = ImportOptions(kind="symbols" if kind == "symbols" else "posts")
                await import_file(pool, folder / file, options, rejects=folder / "rejects")
            total = await waiting(pool)
            for _ in ScoringProcesses(url, [_READ_BY], total=total, processes=2).results():
                pass
            await pool.execute("VACUUM ANALYZE")


async def _plain(url: str) -> float:
    connection = await connect(url, application="insitechart-bench")
    try:
        begun = time.perf_counter()
        found = await survey(connection, Rescoring(scorer=_SCORER))
        done = after = number = 0
        while shard := await next_shard(
            connection, found.work, number=number, after=after, newest_id=found.newest_id, size=_SIZE
        ):
            done += (await rescore_shard(connection, found.work, shard)).posts
            after, number = shard.until, number + 1
        return done / (time.perf_counter() - begun)
    finally:
        await connection.close()


async def _flow(**place: object) -> float:
    begun = time.perf_counter()
    totals = await rescore(_SCORER, again=True, shard_size=_SIZE, **place)  # type: ignore[arg-type]
    return totals["posts"] / (time.perf_counter() - begun)
