"""Reads what each source was asked for in a window and what came, as known at a moment. Writing is lib/db/coverage."""

from datetime import datetime
from typing import NamedTuple

from lib.db.pool import Pool
from lib.db.reading import read_rows
from lib.domain.coverage import State

# whoever asked about a window did so after it had begun, which lets the index on observed_at bound the search;
# a feed is the first part of a stream's name: bars/1d/AAPL and bars/1d/MSFT are both of the feed bars
_COVERAGE = """
SELECT DISTINCT ON (c.source, f.feed) c.source, f.feed, c.state, c.reason, c.observed_at,
       (sum(c.asked) OVER whole)::bigint AS asked, (sum(c.received) OVER whole)::bigint AS received,
       count(*) OVER whole AS questions,
       count(*) FILTER (WHERE c.state IN ('ok', 'empty')) OVER whole AS answered
FROM coverage c CROSS JOIN LATERAL (SELECT split_part(c.stream, '/', 1) AS feed) f
WHERE c.observed_at >= $1 AND c.observed_at <= coalesce($3, 'infinity'::timestamptz)
  AND c.window_start < $2 AND c.window_end > $1
  AND ($4::text IS NULL OR c.source = $4)
  AND ($5::text IS NULL OR f.feed <> $5)
WINDOW whole AS (PARTITION BY c.source, f.feed)
ORDER BY c.source, f.feed, c.observed_at DESC, c.id DESC
"""


class FeedCoverage(NamedTuple):
    """One feed of one source: the newest answer (state, reason, when), and sums over all questions about the window."""

    source: str
    feed: str
    state: State
    reason: str
    observed_at: datetime
    asked: int
    received: int
    questions: int
    answered: int


async def coverage_of(
    pool: Pool,
    *,
    since: datetime,
    until: datetime,
    source: str | None = None,
    without_feed: str | None = None,
    moment: datetime | None = None,
) -> list[FeedCoverage]:
    """What touched [since, until) and was known at `moment` (None: now), by source and feed. Raises
    DatabaseUnavailable.
    """
    rows = await read_rows(pool, _COVERAGE, since, until, moment, source, without_feed)
    return [FeedCoverage(**dict(row)) for row in rows]
