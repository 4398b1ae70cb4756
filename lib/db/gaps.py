"""The windows of which something is missing: queued, tried, and closed with a reason. It asks no source, and does not
know what makes a window a gap.

A row is never deleted. Reading them is lib/db/gap_reads.py, who works on one lib/db/asking/claims.py.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from lib.db.coverage import record_coverage
from lib.db.gap_reads import Gap, GapState
from lib.db.pool import Connection, Pool
from lib.domain.coverage import Coverage
from lib.domain.gaps import Window

Origin = Literal["found", "backfill"]

_LOSE = """
INSERT INTO gaps (source, stream, window_start, window_end, origin, reason, state, closed_at, closing)
VALUES ($1, $2, $3, $4, $5, $6, 'lost', clock_timestamp(), $6)
"""

# two finders in line: the second sees what the first has queued
_IN_LINE = "SELECT pg_advisory_xact_lock(730050, hashtext($1 || '/' || $2))"

_TAKEN = """
SELECT window_start, window_end FROM gaps
WHERE source = $1 AND stream = $2 AND window_end > $3 AND window_start < $4 AND state = ANY($5::text[])
"""

_QUEUE = """
INSERT INTO gaps (source, stream, window_start, window_end, origin, reason, tries, next_try_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce($8, clock_timestamp()))
RETURNING id, source, stream, window_start, window_end, origin, reason, state, tries, next_try_at, found_at, closed_at,
          closing
"""

_WANTED_NOW = """
UPDATE gaps SET next_try_at = least(next_try_at, clock_timestamp())
WHERE source = $1 AND stream = $2 AND window_end > $3 AND window_start < $4 AND state = 'open'
RETURNING id, source, stream, window_start, window_end, origin, reason, state, tries, next_try_at, found_at, closed_at,
          closing
"""

_CLOSE = """
UPDATE gaps SET state = $2, closing = $3, closed_at = clock_timestamp(), tries = tries + $4, window_start = $5,
                window_end = $6
WHERE id = $1 AND state = 'open'
"""

_POSTPONE = """
UPDATE gaps SET tries = tries + 1, next_try_at = $2, reason = $3 WHERE id = $1 AND state = 'open'
"""

_SHORTEN = "UPDATE gaps SET window_start = $2 WHERE id = $1 AND state = 'open' AND $2 < window_end"


async def record_loss(conn: Connection, source: str, stream: str, start: datetime, end: datetime, reason: str) -> None:
    """Says in coverage and among the gaps that [start, end) of a stream is lost, and why."""
    if start >= end:
        return
    await conn.execute(_LOSE, source, stream, start, end, "found", reason)
    await account_for_loss(conn, source, stream, (start, end), reason)


async def record_nothing(conn: Connection, source: str, stream: str, window: Window, reason: str) -> None:
    """Says among the gaps that nothing is to be had for `window`; that it was answered stands in coverage already."""
    await conn.execute(_LOSE, source, stream, *window, "found", reason)


async def account_for_loss(conn: Connection, source: str, stream: str, window: Window, reason: str) -> None:
    """Says in coverage that `window` was never heard."""
    start, end = window
    await record_coverage(
        conn,
        Coverage(source=source, stream=stream, window_start=start, window_end=end, state="unavailable", reason=reason),
    )


async def stand_in_line(conn: Connection, source: str, stream: str) -> None:
    """Nobody else adds gaps of this stream before this transaction ends."""
    await conn.execute(_IN_LINE, source, stream)


async def taken_windows(
    db: Pool | Connection,
    source: str,
    stream: str,
    start: datetime,
    end: datetime,
    *,
    states: Sequence[GapState] = ("open", "lost"),
) -> list[Window]:
    """The windows that touch [start, end) and are in one of `states`."""
    rows = await db.fetch(_TAKEN, source, stream, start, end, list(states))
    return [(row["window_start"], row["window_end"]) for row in rows]


async def queue_windows(
    conn: Connection,
    source: str,
    stream: str,
    windows: Iterable[Window],
    *,
    origin: Origin,
    reason: str,
    tries: int = 0,
    next_try_at: datetime | None = None,
) -> list[Gap]:
    """Queues `windows`, which no open gap covers; they are due at `next_try_at` (UTC), or now."""
    queued = []
    for start, end in windows:
        row = await conn.fetchrow(_QUEUE, source, stream, start, end, origin, reason, tries, next_try_at)
        assert row is not None
        queued.append(Gap(*row))
    return queued


async def wanted_now(conn: Connection, source: str, stream: str, start: datetime, end: datetime) -> list[Gap]:
    """The open gaps that touch [start, end), all of them due from now on."""
    return [Gap(*row) for row in await conn.fetch(_WANTED_NOW, source, stream, start, end)]


async def close_gap(conn: Connection, gap: Gap, state: Literal["filled", "lost"], closing: str, *, tried: bool) -> None:
    """Ends `gap` and says why. Its window becomes that of the `gap` given, which may be a part of the one queued."""
    await conn.execute(_CLOSE, gap.id, state, closing, int(tried), gap.window_start, gap.window_end)


async def postpone_gap(conn: Connection, gap: Gap, until: datetime, reason: str) -> None:
    """A try failed for `reason`; the next one is due at `until` (UTC)."""
    await conn.execute(_POSTPONE, gap.id, until, reason)


async def shorten_gap(conn: Connection, gap: Gap, start: datetime) -> Gap:
    """What lies before `start` is not asked for any more; the caller has said why."""
    await conn.execute(_SHORTEN, gap.id, start)
    return gap._replace(window_start=start)
