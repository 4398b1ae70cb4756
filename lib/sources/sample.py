"""Loads the sample archive, moved so that it ends about now. It does not know who wrote it or when it is wanted.

`manifest.json` names its files (`symbols….csv`, `bars_<interval>….csv`, `posts….jsonl`) and the moment that becomes the
present.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from lib.db.ingest import Written
from lib.db.ingest.bars import store_bars
from lib.db.ingest.posts import store_posts
from lib.db.ingest.sample import SAMPLE, settle_shift, symbols_with_real_bars
from lib.db.ingest.symbols import store_listings
from lib.db.pool import Connection, Pool
from lib.domain.bars import Bar, Interval
from lib.domain.posts import Post
from lib.domain.symbols import Listing
from lib.errors import ArchiveError
from lib.sources.archive.bars import BarRow
from lib.sources.archive.chunks import read_chunks
from lib.sources.archive.columns import Kind
from lib.sources.archive.kinds import Reader, reader_of

_LENGTH: dict[Interval, timedelta] = {
    "1d": timedelta(days=1), "1h": timedelta(hours=1), "1m": timedelta(minutes=1),
}  # fmt: skip


class _Manifest(msgspec.Struct, frozen=True):
    reference: datetime
    files: tuple[str, ...]


class SampleLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What loading did, by kind of row; `later` counts rows left out because they would lie in the future."""

    listings: Written
    posts: Written
    bars: Written
    later: int


async def load_sample(pool: Pool, folder: Path, *, now: datetime | None = None) -> SampleLoad:
    """Loads the archive in `folder`, in one transaction; what is real is never touched. Loading twice equals loading
    once.

    Raises ArchiveError where the folder holds no readable sample archive.
    """
    present = now or datetime.now(UTC)
    manifest = _manifest(folder)
    async with pool.acquire() as conn, conn.transaction():
        shift = await settle_shift(conn, manifest.reference, present)
        listings = await _load_listings(conn, _named(folder, manifest, "symbols"))
        posts, later_posts = await _load_posts(conn, _named(folder, manifest, "posts"), shift, present)
        bars, later_bars = await _load_bars(conn, _named(folder, manifest, "bars_"), shift, present)
    return SampleLoad(listings=listings, posts=posts, bars=bars, later=later_posts + later_bars)


def _manifest(folder: Path) -> _Manifest:
    try:
        return msgspec.json.decode((folder / "manifest.json").read_bytes(), type=_Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise ArchiveError(
            f"There is no sample archive in {folder}: {error}.", hint="Install the package again."
        ) from error


def _named(folder: Path, manifest: _Manifest, beginning: str) -> list[Path]:
    return [folder / name for name in manifest.files if name.startswith(beginning)]


async def _load_listings(conn: Connection, files: list[Path]) -> Written:
    listings: list[Listing] = []
    for file in files:
        rows = _rows(file, reader_of("symbols", None, None, None), "symbols")
        listings += [msgspec.structs.replace(listing, sample=True) for listing in rows]
    return await store_listings(conn, listings)


async def _load_posts(conn: Connection, files: list[Path], shift: timedelta, now: datetime) -> tuple[Written, int]:
    posts: list[Post] = []
    for file in files:
        posts += [_moved(post, shift) for post in _rows(file, reader_of("posts", None, SAMPLE, None), "posts")]
    past = [post for post in posts if post.published_at <= now]
    return await store_posts(conn, past), len(posts) - len(past)


async def _load_bars(conn: Connection, files: list[Path], shift: timedelta, now: datetime) -> tuple[Written, int]:
    total, later = Written(0, 0, 0), 0
    for file in files:
        interval = msgspec.convert(file.name.removeprefix("bars_").split(".")[0], Interval)
        real = await symbols_with_real_bars(conn, interval)
        rows = _rows(file, reader_of("bars", None, SAMPLE, interval), "bars")
        bars = [_bar(row, shift) for row in rows if row.symbol not in real]
        past = [bar for bar in bars if bar.start + _LENGTH[interval] <= now]
        written = await store_bars(conn, past, source=SAMPLE)
        total = Written(*(a + b for a, b in zip(total, written, strict=True)))
        later += len(bars) - len(past)
    return total, later


def _rows(file: Path, reader: Reader, kind: Kind) -> Iterator[Any]:
    for chunk in read_chunks(file, kind, {}, reader):
        if chunk.rejects:
            line, reason, _ = chunk.rejects[0]
            raise ArchiveError(f"Line {line} of {file} cannot be read: {reason}.", hint="Install the package again.")
        for row in chunk.rows:
            yield row.value


def _moved(post: Post, shift: timedelta) -> Post:
    return msgspec.structs.replace(
        post,
        published_at=post.published_at + shift,
        author_since=None if post.author_since is None else post.author_since + shift,
        edited_at=None if post.edited_at is None else post.edited_at + shift,
    )


def _bar(row: BarRow, shift: timedelta) -> Bar:
    values = [None if value == "\\N" else Decimal(value) for value in row.line.rstrip("\n").split("\t")[1:]]
    open_, high, low, close, adj_close, volume = values
    assert close is not None
    return Bar(
        symbol=row.symbol,
        interval=row.interval,
        start=row.start + shift,
        open=open_,
        high=high,
        low=low,
        close=close,
        adj_close=adj_close,
        volume=None if volume is None else int(volume),
    )
