"""How fast files become rows, beside what PostgreSQL takes without any of our checks. It does not know the other
benchmarks.
"""

import csv
import gzip
import json
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from benchmarks.support import empty_database
from lib.db.pool import Pool, open_pool
from lib.sources.archive.columns import Kind
from lib.sources.archive.importer import import_file
from lib.sources.archive.options import ImportOptions
from tests.support.data import data_folder

_DATA = data_folder()
_BARS = "stocknet_prices.csv.gz"
_POSTS = "stocknet_posts.jsonl.gz"
_GENERATED = 50_000

_BARE_BARS = """
CREATE TABLE bare_bars (
    symbol_id integer, start timestamptz, open numeric, high numeric, low numeric, close numeric, adj_close numeric,
    volume bigint, PRIMARY KEY (symbol_id, start)
)
"""

_BARE_POSTS = """
CREATE TABLE bare_posts (
    source text, external_id text, author text, published_at timestamptz, text text, PRIMARY KEY (source, external_id)
)
"""


async def main() -> list[tuple[str, float, float, str]]:
    """Rows of (what, ours, baseline, unit): imports of a file into an empty database, and a bare COPY of its parsed
    rows.
    """
    with tempfile.TemporaryDirectory(prefix="insitechart-bench-") as folder:
        bars, posts, where = _files(Path(folder))
        async with empty_database() as url, open_pool(url, application="insitechart-bench") as pool:
            bare_bars = await _bare(pool, _BARE_BARS, "bare_bars", list(_bar_records(bars)))
            ours_bars, again_bars = await _imported(pool, "bars", bars)
            bare_posts = await _bare(pool, _BARE_POSTS, "bare_posts", list(_post_records(posts)))
            ours_posts, again_posts = await _imported(pool, "posts", posts)
    return [
        (f"import of bars, {where}", ours_bars, bare_bars, "rows/s"),
        ("the same file again", again_bars, bare_bars, "rows/s"),
        (f"import of posts, {where}", ours_posts, bare_posts, "rows/s"),
        ("the same file again", again_posts, bare_posts, "rows/s"),
    ]


async def _bare(pool: Pool, create: str, table: str, records: list[tuple[object, ...]]) -> float:
    async with pool.acquire() as conn:
        await conn.execute(create)
        began = time.perf_counter()
        await conn.copy_records_to_table(table, records=records)
        return len(records) / (time.perf_counter() - began)


async def _imported(pool: Pool, kind: Kind, file: Path) -> tuple[float, float]:
    """Rows/s of the first import and of one more of the same file; the latter must not change anything."""
    options = ImportOptions(kind=kind)
    first = await import_file(pool, file, options, rejects=file.with_suffix(".rejects"))
    again = await import_file(pool, file, options, rejects=file.with_suffix(".rejects"))
    assert (again.new, again.changed) == (0, 0), again
    return first.rows_per_s, again.rows_per_s


def _files(folder: Path) -> tuple[Path, Path, str]:
    if (_DATA / _BARS).exists() and (_DATA / _POSTS).exists():
        # linked, for what is written beside an archive must not land in the folder of real data
        for name in (_BARS, _POSTS):
            (folder / name).symlink_to(_DATA / name)
        return folder / _BARS, folder / _POSTS, "StockNet"
    print(f"no real data in {_DATA} (set INSITECHART_TEST_DATA): generated rows instead")
    return _generated_bars(folder / "bars.csv.gz"), _generated_posts(folder / "posts.jsonl.gz"), "generated"


def _generated_bars(file: Path) -> Path:
    dice = random.Random(20260302)
    with gzip.open(file, "wt", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(("symbol", "date", "open", "high", "low", "close", "adj_close", "volume"))
        for n in range(_GENERATED):
            day = date(2020, 1, 1) + timedelta(days=n // 40)
            low = dice.randrange(1_000_000, 90_000_000)
            prices = [f"{(low + more) / 1_000_000:.6f}" for more in (500, 1000, 0, 700, 700)]
            rows.writerow((f"S{n % 40}", day, *prices, dice.randrange(1_000, 90_000_000)))
    return file


def _generated_posts(file: Path) -> Path:
    dice = random.Random(20260302)
    words = ("the", "market", "price", "shares", "rose", "fell", "on", "news", "today", "$AAPL", "&amp;", "$MSFT")
    with gzip.open(file, "wt", encoding="utf-8") as out:
        for n in range(_GENERATED):
            moment = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=n * 97)
            post = {
                "source": "x",
                "external_id": str(10**17 + n),
                "author": f"reader{dice.randrange(9_000)}",
                "author_created_at": "2012-03-04T05:06:07Z",
                "created_at": moment.isoformat(),
                "text": " ".join(dice.choices(words, k=16)),
                "lang": "en",
            }
            out.write(json.dumps(post) + "\n")
    return file


def _bar_records(file: Path) -> Iterator[tuple[object, ...]]:
    ids: dict[str, int] = {}
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["close"]:
                day = date.fromisoformat(row["date"])
                prices = (Decimal(row[name]) for name in ("open", "high", "low", "close", "adj_close"))
                start = datetime(day.year, day.month, day.day, tzinfo=UTC)
                yield ids.setdefault(row["symbol"], len(ids)), start, *prices, int(row["volume"])


def _post_records(file: Path) -> Iterator[tuple[object, ...]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            moment = datetime.fromisoformat(row["created_at"])
            yield row["source"], row["external_id"], row["author"], moment, row["text"]
