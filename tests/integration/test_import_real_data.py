"""Real archives come in whole; skipped where the folder of real data is absent. Nothing of them is printed."""

from pathlib import Path
from typing import Any

import pytest

from lib.db.pool import Pool
from lib.sources.archive.columns import Kind
from lib.sources.archive.importer import import_file
from lib.sources.archive.options import ImportOptions
from tests.support.data import data_file
from tests.support.tables import digest_of_all_tables

# file, kind, options, rows, of which rejected and why
ARCHIVES: list[tuple[str, Kind, dict[str, Any], int, int]] = [
    ("us_symbols.csv.gz", "symbols", {}, 7_182, 3),  # three symbols come twice
    ("kr_symbols.csv.gz", "symbols", {}, 2_879, 0),
    ("kr_delisted.csv.gz", "symbols", {}, 4_104, 12),  # twelve come twice
    ("stocknet_posts.jsonl.gz", "posts", {}, 58_490, 0),
    ("reddit_posts.jsonl.gz", "posts", {}, 8_796, 7_696),  # without a time, or removed
    ("stocknet_prices.csv.gz", "bars", {}, 50_320, 1),  # an empty row
    ("krx_daily_snapshots.csv.gz", "bars", {}, 17_285, 0),
    ("intraday_2026_1m.csv.gz", "bars", {}, 26_355, 0),
    ("intraday_2019_eqker.csv.gz", "bars", {"timezone": "US/Eastern"}, 23_765, 0),
]


@pytest.mark.parametrize(("name", "kind", "options", "rows", "rejected"), ARCHIVES, ids=[row[0] for row in ARCHIVES])
async def test_real_archives(
    pool: Pool, tmp_path: Path, name: str, kind: Kind, options: dict[str, Any], rows: int, rejected: int
) -> None:
    file = data_file(name)
    first = await import_file(pool, file, ImportOptions(kind=kind, **options), rejects=tmp_path / "rejects.jsonl")
    assert (first.read, first.new, first.rejected) == (rows, rows - rejected, rejected)
    before = await digest_of_all_tables(pool)
    again = await import_file(pool, file, ImportOptions(kind=kind, **options), rejects=tmp_path / "rejects.jsonl")
    assert (again.new, again.changed, again.rejected) == (0, 0, rejected)
    assert await digest_of_all_tables(pool) == before


async def test_naive_minutes_are_refused_without_a_zone(pool: Pool, tmp_path: Path) -> None:
    file = data_file("intraday_2019_eqker.csv.gz")
    summary = await import_file(pool, file, ImportOptions(kind="bars"), rejects=tmp_path / "rejects.jsonl")
    assert (summary.new, summary.rejected) == (3_385, 20_380)
    assert await pool.fetchval("SELECT count(*) FROM bars WHERE interval <> '1d'") == 0
