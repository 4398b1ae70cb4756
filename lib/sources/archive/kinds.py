"""The kinds of archives: how a record becomes a row, and how rows are stored. It does not know files or cursors.

Of a row that comes twice in a file the first counts, and the later one is rejected: so importing a file again finds
each row as the first import left it, whatever the file repeats.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from lib.db.ingest import Written
from lib.db.ingest.bars import store_bar_lines
from lib.db.ingest.posts import store_posts
from lib.db.ingest.renames import store_renames
from lib.db.ingest.symbols import ensure_listings, lock_symbol_ids, store_listings
from lib.db.pool import Connection
from lib.domain.bars import Interval
from lib.domain.posts import Post
from lib.domain.symbols import Listing, Rename
from lib.errors import ArchiveError
from lib.sources.archive.bars import BarRow, bar_reader, names_times_of_day
from lib.sources.archive.columns import Kind
from lib.sources.archive.posts import post_reader
from lib.sources.archive.records import Fields
from lib.sources.archive.rejects import Reject, Rejected
from lib.sources.archive.renames import read_rename
from lib.sources.archive.seen import SeenBars, SeenKeys
from lib.sources.archive.symbols import read_listing

_NOTHING = Written(0, 0, 0)


class Row(NamedTuple):
    """A record that was understood, and the line it came from."""

    line: int
    raw: bytes
    value: Any


class Stored(NamedTuple):
    """What became of rows: written, or rejected after all; `listed` counts the bare listings made for them."""

    written: Written
    rejects: list[Reject]
    listed: int = 0


class Reader(Protocol):
    """One kind of archive, for one file."""

    def check(self, records: Sequence[Fields]) -> None:
        """Looks at the beginning of the file. Raises ArchiveError where it cannot be imported this way."""

    def read(self, fields: Fields) -> Any:
        """The row that a record's fields say. Raises Rejected."""

    def about(self, value: Any) -> tuple[str, datetime] | None:
        """The source and the moment of a row, or None where it is about no moment."""

    async def store(self, conn: Connection, rows: Sequence[Row], *, replay: bool) -> Stored:
        """Stores rows in the caller's transaction. `replay` says that they are stored already: they are only
        remembered.
        """


class Posts:
    """Posts, by (source, external_id)."""

    def __init__(self, zone: ZoneInfo | None, source: str | None) -> None:
        self.read = post_reader(zone, source)
        self._seen = SeenKeys()

    def check(self, records: Sequence[Fields]) -> None:
        """Any beginning will do."""

    def about(self, value: Post) -> tuple[str, datetime]:
        """A post is about the moment at which it was published."""
        return value.source, value.published_at

    async def store(self, conn: Connection, rows: Sequence[Row], *, replay: bool) -> Stored:
        """Stores posts as copies of unknown age."""
        keys = [_key(f"{row.value.source}\x1f{row.value.external_id}") for row in rows]
        kept, rejects = await _first_ones(conn, self._seen, rows, keys, "this post")
        written = _NOTHING if replay else await store_posts(conn, kept, live=False)
        return Stored(written, rejects)


class Listings:
    """Listings, by symbol."""

    def __init__(self) -> None:
        self._seen = SeenKeys()

    def check(self, records: Sequence[Fields]) -> None:
        """Any beginning will do."""

    def read(self, fields: Fields) -> Listing:
        """The listing of a record."""
        return read_listing(fields)

    def about(self, value: Listing) -> None:
        """A listing is about no moment."""

    async def store(self, conn: Connection, rows: Sequence[Row], *, replay: bool) -> Stored:
        """Stores listings."""
        keys = [_key(row.value.symbol) for row in rows]
        kept, rejects = await _first_ones(conn, self._seen, rows, keys, "this symbol")
        return Stored(_NOTHING if replay else await store_listings(conn, kept), rejects)


class Renames:
    """Changes of symbols, by old symbol and date."""

    def __init__(self) -> None:
        self._seen = SeenKeys()

    def check(self, records: Sequence[Fields]) -> None:
        """Any beginning will do."""

    def read(self, fields: Fields) -> Rename:
        """The change that a record describes."""
        return read_rename(fields)

    def about(self, value: Rename) -> None:
        """A change of symbol is about no moment."""

    async def store(self, conn: Connection, rows: Sequence[Row], *, replay: bool) -> Stored:
        """Stores changes of listed symbols."""
        keys = [_key(f"{row.value.old}\x1f{row.value.on}") for row in rows]
        kept, rejects = await _first_ones(conn, self._seen, rows, keys, "this change")
        if replay:
            return Stored(_NOTHING, rejects)
        written, unknown = await store_renames(conn, kept)
        refused = set(unknown)
        rejects += [
            Reject(row.line, f"neither {row.value.old} nor {row.value.new} is listed", row.raw)
            for row in rows
            if row.value in refused
        ]
        return Stored(written, rejects)


class Bars:
    """Bars, by (symbol, interval, start). A symbol that nobody has listed gets a bare listing."""

    def __init__(self, zone: ZoneInfo | None, source: str, interval: Interval | None) -> None:
        self._source = source
        self._interval = interval
        self._read = bar_reader(zone, interval)
        self._seen = SeenBars()

    def check(self, records: Sequence[Fields]) -> None:
        """Times of day in a file that does not say its interval would be taken for daily bars."""
        if self._interval is None and names_times_of_day(records):
            raise ArchiveError(
                "The file holds times of day and does not say of which interval its bars are.",
                hint="Say it: --interval 1m, 1h or 1d.",
            )

    def read(self, fields: Fields) -> BarRow:
        """The bar of a record, unless the file had it before."""
        row = self._read(fields)
        if not self._seen.add(row.symbol, row.interval, row.start_s):
            raise Rejected("this bar came before in the file")
        return row

    def about(self, value: BarRow) -> tuple[str, datetime]:
        """A bar is about its start."""
        return self._source, value.start

    async def store(self, conn: Connection, rows: Sequence[Row], *, replay: bool) -> Stored:
        """Stores bars, interval by interval."""
        if replay:
            return Stored(_NOTHING, [])
        symbols = {row.value.symbol for row in rows}
        listed = await ensure_listings(conn, symbols)
        ids = await lock_symbol_ids(conn, symbols)
        lines: dict[Interval, list[str]] = defaultdict(list)
        for row in rows:
            lines[row.value.interval].append(f"{ids[row.value.symbol]}\t{row.value.line}")
        written = _NOTHING
        for interval, of_interval in lines.items():
            more = await store_bar_lines(conn, "".join(of_interval).encode(), interval=interval, source=self._source)
            written = Written(*(a + b for a, b in zip(written, more, strict=True)))
        return Stored(written, [], len(listed))


def reader_of(kind: Kind, zone: ZoneInfo | None, source: str | None, interval: Interval | None) -> Reader:
    """The reader of one file of this kind. `source` and `interval` are those of rows that name none themselves."""
    if kind == "posts":
        return Posts(zone, source)
    if kind == "bars":
        return Bars(zone, source or "archive", interval)
    return Renames() if kind == "renames" else Listings()


async def _first_ones(
    conn: Connection, seen: SeenKeys, rows: Sequence[Row], keys: Sequence[bytes], what: str
) -> tuple[list[Any], list[Reject]]:
    kept, rejects = [], []
    for row, first in zip(rows, await seen.add(conn, keys), strict=True):
        if first:
            kept.append(row.value)
        else:
            rejects.append(Reject(row.line, f"{what} came before in the file", row.raw))
    return kept, rejects


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
