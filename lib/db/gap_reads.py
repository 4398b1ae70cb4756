"""Reads windows of which something is, was, or will stay missing. Finding and filling them is not known here."""

from datetime import datetime
from typing import Literal, NamedTuple

from lib.db.pool import Pool
from lib.db.reading import read_rows

GapState = Literal["open", "filled", "lost"]

_GAPS = """
SELECT id, source, stream, window_start, window_end, origin, reason, state, tries, next_try_at, found_at, closed_at,
       closing
FROM gaps
WHERE id < coalesce($1, 9223372036854775807) AND ($2::text IS NULL OR source = $2) AND ($3::text IS NULL OR state = $3)
ORDER BY id DESC
LIMIT $4
"""

_OPEN = """
SELECT id, source, stream, window_start, window_end, origin, reason, state, tries, next_try_at, found_at, closed_at,
       closing
FROM gaps
WHERE state = 'open' AND ($1::text IS NULL OR source = $1) AND ($2::text IS NULL OR stream = $2)
  AND window_end > coalesce($3, '-infinity'::timestamptz) AND window_start < coalesce($4, 'infinity'::timestamptz)
ORDER BY next_try_at, id
"""

_COUNTS = "SELECT source, state, count(*) FROM gaps WHERE state <> 'filled' GROUP BY 1, 2"


class Gap(NamedTuple):
    """A window [start, end) of a stream, how often it was asked for again and when next, and what closed it (UTC)."""

    id: int
    source: str
    stream: str
    window_start: datetime
    window_end: datetime
    origin: Literal["found", "backfill"]
    reason: str
    state: GapState
    tries: int
    next_try_at: datetime
    found_at: datetime
    closed_at: datetime | None
    closing: str


class GapPage(NamedTuple):
    """Gaps, the last found first; `more` says that earlier ones follow."""

    gaps: list[Gap]
    more: bool


async def gaps_of(
    pool: Pool, *, limit: int, before: int | None = None, source: str | None = None, state: GapState | None = None
) -> GapPage:
    """At most `limit` gaps found before the one with the id `before`. Raises DatabaseUnavailable."""
    rows = await read_rows(pool, _GAPS, before, source, state, limit + 1)
    return GapPage([Gap(*row) for row in rows[:limit]], more=len(rows) > limit)


async def gap_counts(pool: Pool) -> dict[tuple[str, GapState], int]:
    """How many gaps of each source are open, and how many are lost. Raises DatabaseUnavailable."""
    return {(source, state): count for source, state, count in await read_rows(pool, _COUNTS)}


async def open_gaps(
    pool: Pool,
    *,
    source: str | None = None,
    stream: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Gap]:
    """Every open gap that touches [since, until), those that are due first at the front. Raises DatabaseUnavailable."""
    return [Gap(*row) for row in await read_rows(pool, _OPEN, source, stream, since, until)]
