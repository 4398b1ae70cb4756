"""Writes what a source was asked for and what came. It asks no source, and never rewrites an earlier account."""

from lib.db.pool import Connection
from lib.domain.coverage import Coverage

_RECORD = """
INSERT INTO coverage (source, stream, window_start, window_end, state, reason, asked, received, observed_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, begin_observation()
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
