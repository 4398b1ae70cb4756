"""Reads the log of changes: what follows a position, for everyone or by filter, and the versions. It writes nothing."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import asyncpg

from lib.db.pool import Connection, Pool
from lib.db.reading import read_rows
from lib.domain.changes import START, Change, Kind, Position

_FROM = """
SELECT seq, (extract(epoch FROM at) * 1000000)::bigint AS at, kind, symbol, part, since, until, written, removed,
       observed_at, newest
FROM changes WHERE seq >= $1 ORDER BY seq LIMIT $2
"""

_SOME = """
SELECT seq, (extract(epoch FROM at) * 1000000)::bigint AS at, kind, symbol, part, since, until, written, removed,
       observed_at, newest
FROM changes
WHERE seq > $1 AND seq <= $2 AND ($3::text[] IS NULL OR symbol = ANY($3) OR symbol = '')
  AND (kind = ANY($4::text[]) OR kind = 'everything') AND (kind <> 'sentiment' OR part = $5)
ORDER BY seq LIMIT $6
"""

_NEWEST = "SELECT seq, (extract(epoch FROM at) * 1000000)::bigint FROM changes ORDER BY seq DESC LIMIT 1"

_STANDING = """
SELECT EXISTS (SELECT FROM changes WHERE seq = $1 AND (extract(epoch FROM at) * 1000000)::bigint = $2) AS kept,
       $1 < (SELECT min(seq) FROM changes) AS gone
"""

_VERSIONS = "SELECT kind, symbol, (extract(epoch FROM at) * 1000000)::bigint FROM change_versions"

# a restored or promoted server goes on with numbers that its former self gave to something else
_ORIGIN = """
SELECT left(encode(sha256(convert_to(concat_ws(' ',
    (SELECT author_salt FROM installation), (SELECT system_identifier FROM pg_control_system()),
    (SELECT timeline_id FROM pg_control_checkpoint()), 'changes'::regclass::oid,
    (SELECT oid FROM pg_database WHERE datname = current_database())), 'UTF8')), 'hex'), 16)
"""


# pruned: it is older than the log; unknown: it is of another history, or of none
Standing = Literal["kept", "pruned", "unknown"]


class Filter(NamedTuple):
    """Which changes are wanted: of these symbols (None: all), of these kinds, and sentiment by this scorer alone."""

    symbols: frozenset[str] | None
    kinds: frozenset[Kind]
    scorer: str

    def wants(self, change: Change) -> bool:
        """Whether `change` is among them; one that is about everything always is."""
        if change.kind == "everything":
            return True
        return (
            change.kind in self.kinds
            and (self.symbols is None or not change.symbol or change.symbol in self.symbols)
            and (change.kind != "sentiment" or change.part == self.scorer)
        )


class Versions(NamedTuple):
    """When each kind of each symbol last changed (µs since 1970); `origin` names the history they belong to."""

    origin: str
    of: dict[tuple[Kind, str], int]


async def changes_from(conn: Connection, seq: int, *, limit: int) -> list[Change]:
    """Up to `limit` changes in order, the one numbered `seq` first, where it is still kept."""
    return _changes(await conn.fetch(_FROM, seq, limit))


async def changes_after(pool: Pool, after: Position, until: int, wanted: Filter, *, limit: int) -> list[Change] | None:
    """Up to `limit` wanted changes that follow `after`, with numbers up to `until`, in order; None where `after` is not
    in the log (any more), for then something that followed it may be missing. Raises DatabaseUnavailable.
    """
    symbols: Sequence[str] | None = None if wanted.symbols is None else sorted(wanted.symbols)
    rows = await read_rows(pool, _SOME, after.seq, until, symbols, sorted(wanted.kinds), wanted.scorer, limit)
    # looked for afterwards: what is pruned is pruned from the beginning, so all that follows it was there
    return _changes(rows) if await standing_of(pool, after) == "kept" else None


async def newest_position(conn: Connection) -> Position:
    """The last change's position; START where there is none."""
    row = await conn.fetchrow(_NEWEST)
    return Position(*row) if row is not None else START


async def standing_of(pool: Pool, position: Position) -> Standing:
    """Whether the change at `position` is in the log: then all that followed it is, too. Raises DatabaseUnavailable."""
    (row,) = await read_rows(pool, _STANDING, *position)
    return "kept" if row["kept"] else "pruned" if row["gone"] else "unknown"


async def read_versions(conn: Connection) -> Versions:
    """The versions as they are now."""
    rows = await conn.fetch(_VERSIONS)
    return Versions(await conn.fetchval(_ORIGIN), {(row[0], row[1]): row[2] for row in rows})


def _changes(rows: Iterable[asyncpg.Record]) -> list[Change]:
    return [
        Change(
            position=Position(row["seq"], row["at"]),
            kind=row["kind"],
            symbol=row["symbol"],
            part=row["part"],
            since=row["since"],
            until=row["until"],
            written=row["written"],
            removed=row["removed"],
            observed_at=row["observed_at"],
            newest=row["newest"],
        )
        for row in rows
    ]
