"""Reads single accounts of what sources were asked for, the newest first. Sums of them are lib/db/coverage_reads."""

from datetime import datetime
from typing import NamedTuple

from lib.db.pool import Pool
from lib.db.reading import read_rows
from lib.domain.coverage import State

# One step in the index finds each source, and then its newest accounts lie together. Whoever asked about a window did
# so after it had begun, which bounds the search where there is a first moment.
_ACCOUNTS = """
WITH RECURSIVE sources AS (
    (SELECT source FROM coverage WHERE $1::text IS NULL OR source = $1 ORDER BY source LIMIT 1)
    UNION ALL
    SELECT next.source FROM sources s CROSS JOIN LATERAL (
        SELECT c.source FROM coverage c WHERE c.source > s.source AND $1::text IS NULL ORDER BY c.source LIMIT 1
    ) next
)
SELECT a.id, a.source, a.stream, a.window_start, a.window_end, a.state, a.reason, a.asked, a.received, a.observed_at
FROM sources s
CROSS JOIN LATERAL (
    SELECT c.* FROM coverage c
    WHERE c.source = s.source
      AND c.observed_at >= coalesce($2, '-infinity'::timestamptz)
      AND c.window_end > coalesce($2, '-infinity'::timestamptz)
      AND c.window_start < coalesce($3, 'infinity'::timestamptz)
      AND c.observed_at <= coalesce($4, 'infinity'::timestamptz)
      AND (c.observed_at, c.id) < (coalesce($5, 'infinity'::timestamptz), coalesce($6, 9223372036854775807))
      AND ($7::text IS NULL OR c.state = $7)
      AND ($9::text IS NULL OR split_part(c.stream, '/', 1) = $9)
    ORDER BY c.observed_at DESC, c.id DESC
    LIMIT $8
) a
ORDER BY a.observed_at DESC, a.id DESC
LIMIT $8
"""

# one stream is found by its own index and then put in order: the other way round, all the others would be looked at
_OF_STREAM = """
WITH RECURSIVE sources AS (
    (SELECT source FROM coverage WHERE $1::text IS NULL OR source = $1 ORDER BY source LIMIT 1)
    UNION ALL
    SELECT next.source FROM sources s CROSS JOIN LATERAL (
        SELECT c.source FROM coverage c WHERE c.source > s.source AND $1::text IS NULL ORDER BY c.source LIMIT 1
    ) next
), of_stream AS MATERIALIZED (
    SELECT c.* FROM sources s
    JOIN coverage c ON c.source = s.source AND c.stream = $9
     AND c.window_end > coalesce($2, '-infinity'::timestamptz)
)
SELECT id, source, stream, window_start, window_end, state, reason, asked, received, observed_at FROM of_stream
WHERE observed_at >= coalesce($2, '-infinity'::timestamptz)
  AND window_start < coalesce($3, 'infinity'::timestamptz)
  AND observed_at <= coalesce($4, 'infinity'::timestamptz)
  AND (observed_at, id) < (coalesce($5, 'infinity'::timestamptz), coalesce($6, 9223372036854775807))
  AND ($7::text IS NULL OR state = $7)
ORDER BY observed_at DESC, id DESC
LIMIT $8
"""


class Account(NamedTuple):
    """One question to one source: the window [start, end) in UTC, the answer's state and size, and when we had it."""

    id: int
    source: str
    stream: str
    window_start: datetime
    window_end: datetime
    state: State
    reason: str
    asked: int
    received: int
    observed_at: datetime


class AccountPage(NamedTuple):
    """Accounts, the newest first; `more` says that older ones follow."""

    accounts: list[Account]
    more: bool


async def accounts_of(
    pool: Pool,
    *,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    before: tuple[datetime, int] | None = None,
    source: str | None = None,
    feed: str | None = None,
    stream: str | None = None,
    state: State | None = None,
    moment: datetime | None = None,
) -> AccountPage:
    """At most `limit` accounts of windows that touch [since, until), known at `moment` (None: now) and older than
    `before`, which is (observed_at, id) of the last one seen. A feed is the first part of a stream's name; where a
    `stream` is given, `feed` is not looked at.

    Raises DatabaseUnavailable.
    """
    observed_at, account_id = before or (None, None)
    statement, name = (_ACCOUNTS, feed) if stream is None else (_OF_STREAM, stream)
    rows = await read_rows(
        pool, statement, source, since, until, moment, observed_at, account_id, state, limit + 1, name
    )
    return AccountPage([Account(*row) for row in rows[:limit]], more=len(rows) > limit)
