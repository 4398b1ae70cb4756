"""Writes what a source was asked for and what came, and tells how far a stream is accounted for. It asks no source, and
never rewrites an earlier account.
"""

from datetime import datetime
from typing import NamedTuple

from lib.db.pool import Connection, Pool
from lib.domain.coverage import Coverage
from lib.domain.gaps import Window

_RECORD = """
INSERT INTO coverage (source, stream, window_start, window_end, state, reason, asked, received, observed_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, begin_observation()
"""

_UNTIL = """
SELECT max(window_end) FROM coverage WHERE source = $1 AND stream = $2 AND state IN ('ok', 'empty')
"""

_ANSWERS = """
SELECT window_start, window_end, observed_at FROM coverage
WHERE source = $1 AND stream = $2 AND window_end > $3 AND window_start < $4 AND window_start < window_end
  AND state IN ('ok', 'empty')
"""

# one window for each stretch that answers cover without a break: an open stream makes a row every minute
_HEARD = """
SELECT lower(part) AS start, upper(part) AS end
FROM (
    SELECT range_agg(tstzrange(window_start, window_end)) AS whole FROM coverage
    WHERE source = $1 AND stream = $2 AND window_end > $3 AND window_start < $4 AND state IN ('ok', 'empty')
) answered CROSS JOIN unnest(answered.whole) AS part
"""

_ACCOUNTED_FOR = """
SELECT min(window_start) FILTER (WHERE window_start < window_end) AS first,
       max(window_end) FILTER (WHERE state IN ('ok', 'empty')) AS last
FROM coverage WHERE source = $1 AND stream = $2 AND window_end > $3
"""

_WHY = """
SELECT reason FROM coverage
WHERE source = $1 AND stream = $2 AND window_end > $3 AND window_start < $4 AND state NOT IN ('ok', 'empty')
ORDER BY observed_at DESC, id DESC LIMIT 1
"""


class Answer(NamedTuple):
    """A window that was asked for and answered, and when that was known."""

    start: datetime
    end: datetime
    observed_at: datetime


async def record_coverage(conn: Connection, coverage: Coverage) -> None:
    """Appends one account. Its window is half-open and in UTC."""
    await conn.execute(
        _RECORD,
        coverage.source,
        coverage.stream,
        coverage.window_start,
        coverage.window_end,
        coverage.state,
        coverage.reason,
        coverage.asked,
        coverage.received,
    )


async def covered_until(db: Pool | Connection, source: str, stream: str) -> datetime | None:
    """The end of the newest window of `stream` that was answered; None where none ever was."""
    until: datetime | None = await db.fetchval(_UNTIL, source, stream)
    return until


async def answers(db: Pool | Connection, source: str, stream: str, start: datetime, end: datetime) -> list[Answer]:
    """Every answer about a part of [start, end), in no order."""
    return [Answer(*row) for row in await db.fetch(_ANSWERS, source, stream, start, end)]


async def heard_windows(
    db: Pool | Connection, source: str, stream: str, start: datetime, end: datetime
) -> list[Window]:
    """What was answered of [start, end) and around it, in order and apart."""
    return [(row["start"], row["end"]) for row in await db.fetch(_HEARD, source, stream, start, end)]


async def accounted_for(
    db: Pool | Connection, source: str, stream: str, since: datetime
) -> tuple[datetime | None, datetime | None]:
    """Of accounts that reach beyond `since`: the first moment of any, and the end of the latest that was answered."""
    row = await db.fetchrow(_ACCOUNTED_FOR, source, stream, since)
    assert row is not None
    return row["first"], row["last"]


async def why_not_heard(db: Pool | Connection, source: str, stream: str, start: datetime, end: datetime) -> str:
    """Why the newest question about a part of [start, end) was not answered; empty where every one was."""
    return await db.fetchval(_WHY, source, stream, start, end) or ""
