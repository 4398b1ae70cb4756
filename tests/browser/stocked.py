"""What the pages of the tests show: Apple with real posts and prices where the folder of real data has them, beside the
sample archive; and a company with ten years of days and a month of minutes. All of it comes in by the commands.
"""

import csv
import gzip
import json
import math
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from tests.support.data import data_folder

LONG = "TENY"
_POSTS = 1500
_YEARS = 10


class Stocked(NamedTuple):
    """The symbol that people speak of, how many real posts came in, and whether prices and posts are real."""

    symbol: str
    posts: int
    real: bool


def stock(url: str, home: Path) -> Stocked:
    """Fills the database at `url` through the commands: the sample, and what is real."""
    folder = home / "archives"
    folder.mkdir()
    found = _real(folder)
    if found is None:
        _run(url, home, ["sample", "load"])
        return Stocked("AAPL", 0, False)
    bars, posts, count = found
    _run(
        url, home,
        ["sample", "load"],
        ["import", "bars", str(bars), "--source", "archive"],
        ["import", "posts", str(posts)],
        ["score", "--workers", "1"],
    )  # fmt: skip
    return Stocked("AAPL", count, True)


def stock_long(url: str, home: Path) -> None:
    """Adds LONG: ten years of days, and a month of minutes."""
    folder = home / "long"
    folder.mkdir()
    several = [["import", "symbols", str(_listing(folder))]]
    for interval, file in (("1d", _days(folder)), ("1m", _minutes(folder))):
        several.append(["import", "bars", str(file), "--interval", interval, "--source", "test"])
    _run(url, home, *several)


# one process for all of them: it takes longer to start than to import
_COMMANDS = """
import json, sys
from deployments.cli.main import cli
for words in json.loads(sys.argv[1]):
    cli(words, standalone_mode=False)
"""


def _run(url: str, home: Path, *several: list[str]) -> None:
    environment = {**os.environ, "INSITECHART_DATABASE_URL": url, "INSITECHART_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", _COMMANDS, json.dumps(several)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _listing(folder: Path) -> Path:
    file = folder / "symbols.csv"
    file.write_text(
        f"symbol,name,name_ko,exchange,currency,kind\n{LONG},Ten Years Incorporated,십년주식회사,NASDAQ,USD,equity\n",
        "utf-8",
    )
    return file


def _days(folder: Path) -> Path:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=back) for back in range(_YEARS * 365, 0, -1)]
    return _bars(folder / "days.csv", [day for day in days if day.weekday() < 5])


def _minutes(folder: Path) -> Path:
    today = datetime.now(UTC).replace(hour=14, minute=30, second=0, microsecond=0)
    days = [today - timedelta(days=back) for back in range(30, 0, -1)]
    return _bars(
        folder / "minutes.csv", [day + timedelta(minutes=n) for day in days if day.weekday() < 5 for n in range(390)]
    )


def _bars(file: Path, starts: list[datetime]) -> Path:
    with file.open("w", newline="") as rows:
        written = csv.writer(rows)
        written.writerow(["symbol", "start", "open", "high", "low", "close", "adj_close", "volume"])
        for n, start in enumerate(starts):
            price = 100 + 40 * math.sin(n / 190) + 6 * math.sin(n / 11) + n / 90
            written.writerow(
                [LONG, start.isoformat(), f"{price:.2f}", f"{price * 1.01:.2f}", f"{price * 0.99:.2f}",
                 f"{price * (1 + 0.006 * math.sin(n)):.2f}", f"{price:.2f}", 10_000 + 37 * (n % 101)]
            )  # fmt: skip
    return file


def _real(folder: Path) -> tuple[Path, Path, int] | None:
    """Apple's part of StockNet: its prices, and the latest of its posts."""
    prices, posts = data_folder() / "stocknet_prices.csv.gz", data_folder() / "stocknet_posts.jsonl.gz"
    if not (prices.exists() and posts.exists()):
        return None
    bars, said = folder / "prices.csv", folder / "posts.jsonl"
    with gzip.open(prices, "rt", encoding="utf-8") as rows, bars.open("w", encoding="utf-8") as kept:
        kept.writelines(row for n, row in enumerate(rows) if n == 0 or row.startswith("AAPL,"))
    with gzip.open(posts, "rt", encoding="utf-8") as rows:
        apple = [row for row in rows if "$AAPL" in row]
    latest = sorted(apple, key=lambda row: str(json.loads(row)["created_at"]))[-_POSTS:]
    said.write_text("".join(latest), encoding="utf-8")
    return bars, said, len(latest)
