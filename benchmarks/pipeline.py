"""From a file to numbers, end to end: import, resolve, score and count, beside the barest thing that could do it.

The baseline reads the same file, scores each text with NLTK and COPYs text and score into one table, on one connection:
no stocks, no reasons, no buckets, no second run that changes nothing.
"""

import gzip
import json
import tempfile
import time
from datetime import datetime
from pathlib import Path

from benchmarks.support import empty_database, plain_nltk
from deployments.cli.scoring_workers import ScoringProcesses
from lib.db.pool import open_pool
from lib.db.scoring import waiting
from lib.sources.archive.importer import import_file
from lib.sources.archive.options import ImportOptions
from tests.support.data import data_folder

_SYMBOLS = ("us_symbols.csv.gz", "kr_symbols.csv.gz")
_POSTS = "stocknet_posts.jsonl.gz"

_BARE = "CREATE TABLE bare (external_id text PRIMARY KEY, published_at timestamptz, text text, score float8)"


async def main() -> list[tuple[str, float, float, str]]:
    """One row: posts a second from the start of the import to the last bucket, over all listings of both countries."""
    source = data_folder()
    if not (source / _POSTS).exists():
        print(f"no real data in {source} (set INSITECHART_TEST_DATA): the end-to-end figure is left out")
        return []
    async with empty_database() as url:
        ours = await _ours(url, source)
        bare = await _bare(url, source / _POSTS)
    return [("import, resolve and score, StockNet", ours, bare, "posts/s")]


async def _ours(url: str, source: Path) -> float:
    # linked, for what is written beside an archive must not land in the folder of real data
    with tempfile.TemporaryDirectory(prefix="insitechart-bench-") as name:
        folder = Path(name)
        for file in (*_SYMBOLS, _POSTS):
            (folder / file).symlink_to(source / file)
        async with open_pool(url, application="insitechart-bench") as pool:
            for file in _SYMBOLS:
                await import_file(pool, folder / file, ImportOptions(kind="symbols"), rejects=folder / "rejects")
            begun = time.perf_counter()
            summary = await import_file(pool, folder / _POSTS, ImportOptions(kind="posts"), rejects=folder / "rejects")
            scoring = ScoringProcesses(url, ["vader@1"], total=await waiting(pool), processes=2)
            scored = sum(result.taken for result in scoring.results())
            seconds = time.perf_counter() - begun
    assert scored == summary.new
    return scored / seconds


async def _bare(url: str, posts: Path) -> float:
    nltk = plain_nltk()
    async with open_pool(url, application="insitechart-bench") as pool, pool.acquire() as conn:
        await conn.execute(_BARE)
        begun = time.perf_counter()
        rows = []
        with gzip.open(posts, "rt", encoding="utf-8") as lines:
            for post in map(json.loads, lines):
                score = nltk.polarity_scores(post["text"])["compound"]
                rows.append((post["external_id"], datetime.fromisoformat(post["created_at"]), post["text"], score))
        await conn.copy_records_to_table("bare", records=rows)
        return len(rows) / (time.perf_counter() - begun)
