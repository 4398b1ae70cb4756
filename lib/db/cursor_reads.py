"""Reads how far each reader got, for people. What a position means is known to its source alone (lib/db/cursors.py
writes).
"""

from datetime import datetime
from typing import NamedTuple

from lib.db.pool import Pool
from lib.db.reading import read_rows

_CURSORS = """
SELECT source, stream, position::text, updated_at FROM cursors
WHERE ($1::text IS NULL OR source = $1) AND position <> '{}' AND (source, stream) > ($2::text, $3::text)
ORDER BY source, stream
LIMIT $4
"""

_NEWEST = "SELECT source, max(updated_at) AS moved FROM cursors WHERE position <> '{}' GROUP BY source"


class CursorRow(NamedTuple):
    """A stream, where its reader stands (JSON), and when that last moved (UTC)."""

    source: str
    stream: str
    position: str
    updated_at: datetime


class CursorPage(NamedTuple):
    """Cursors by source and stream; `more` says that others follow."""

    cursors: list[CursorRow]
    more: bool


async def cursors_of(
    pool: Pool, *, limit: int, after: tuple[str, str] | None = None, source: str | None = None
) -> CursorPage:
    """At most `limit` cursors behind that of `after`, a source and a stream. Raises DatabaseUnavailable."""
    rows = await read_rows(pool, _CURSORS, source, *(after or ("", "")), limit + 1)
    return CursorPage([CursorRow(*row) for row in rows[:limit]], more=len(rows) > limit)


async def newest_cursors(pool: Pool) -> dict[str, datetime]:
    """When any cursor of each source last moved. Raises DatabaseUnavailable."""
    return {row["source"]: row["moved"] for row in await read_rows(pool, _NEWEST)}
