"""Writes what a source was asked for and what came, and tells how far a stream is accounted for. It asks no source, and
never rewrites an earlier account.
"""

from datetime import datetime

from lib.db.pool import Connection, Pool
from lib.domain.coverage import Coverage

_RECORD = """
INSERT INTO coverage (source, stream, window_start, window_end, state, reason, asked, received, observed_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, begin_observation()
"""

_UNTIL = """
SELECT max(window_end) FROM coverage WHERE source = $1 AND stream = $2 AND state IN ('ok', 'empty')
"""


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
