"""Windows of which something is missing: those of which nobody can tell any more are recorded here."""

from datetime import datetime

from lib.db.coverage import record_coverage
from lib.db.pool import Connection
from lib.domain.coverage import Coverage

_LOSE = """
INSERT INTO gaps (source, stream, window_start, window_end, origin, reason, state, closed_at, closing)
VALUES ($1, $2, $3, $4, 'found', $5, 'lost', clock_timestamp(), $5)
"""


async def record_loss(conn: Connection, source: str, stream: str, start: datetime, end: datetime, reason: str) -> None:
    """Says in coverage and among the gaps that [start, end) of a stream is lost, and why."""
    if start >= end:
        return
    await conn.execute(_LOSE, source, stream, start, end, reason)
    await record_coverage(
        conn,
        Coverage(source=source, stream=stream, window_start=start, window_end=end, state="unavailable", reason=reason),
    )
