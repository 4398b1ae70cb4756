"""Reads how sources stand: the newest account of each stream, what came lately, whose deletions are overdue.

It does not know which sources there are, nor what an account means for a person.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from lib.db.pool import Pool
from lib.db.reading import read_rows
from lib.domain.coverage import State

# The streams are found by steps in the index, for there are few of them in very many rows. Where a source lags behind,
# a success may end a little before the failure that it follows; but an answer about what lies further back fills a gap,
# and says nothing about whether the stream is heard now.
_NEWEST = """
WITH RECURSIVE streams AS (
    (SELECT source, stream FROM coverage ORDER BY source, stream LIMIT 1)
    UNION ALL
    SELECT next.source, next.stream FROM streams s CROSS JOIN LATERAL (
        SELECT c.source, c.stream FROM coverage c WHERE (c.source, c.stream) > (s.source, s.stream)
        ORDER BY c.source, c.stream LIMIT 1
    ) next
)
SELECT s.source, s.stream, a.state, a.reason, a.window_start, a.window_end, a.observed_at, ok.observed_at AS answered_at
FROM streams s
CROSS JOIN LATERAL (
    SELECT * FROM (
        SELECT c.*, max(c.window_end) OVER () AS reached FROM (
            SELECT * FROM coverage c WHERE c.source = s.source AND c.stream = s.stream
            ORDER BY c.window_end DESC LIMIT 16
        ) c
    ) latest
    WHERE latest.window_end > latest.reached - INTERVAL '1 hour'
    ORDER BY latest.observed_at DESC, latest.id DESC LIMIT 1
) a
LEFT JOIN LATERAL (
    SELECT c.observed_at FROM coverage c
    WHERE c.source = s.source AND c.stream = s.stream AND c.state IN ('ok', 'empty') ORDER BY c.window_end DESC LIMIT 1
) ok ON true
WHERE s.source = ANY($1::text[])
ORDER BY s.source, s.stream
"""

_LATELY = """
SELECT source, split_part(stream, '/', 1) AS feed, sum(asked)::bigint AS asked, sum(received)::bigint AS received
FROM coverage WHERE source = ANY($1::text[]) AND observed_at > statement_timestamp() - $2::interval
GROUP BY 1, 2 ORDER BY 1, 2
"""

# a stable moment, so that the index bounds the search: only what is overdue is touched
_OVERDUE = """
SELECT s.source, o.posts, o.since
FROM unnest($1::text[]) s (source)
CROSS JOIN LATERAL (
    SELECT count(*) AS posts, min(p.verify_after) AS since FROM posts p
    WHERE p.source = s.source AND p.verify_after < statement_timestamp()
) o
"""


class StreamAccount(NamedTuple):
    """The newest account of one stream, and when it last answered, with something or with nothing new (UTC)."""

    source: str
    stream: str
    state: State
    reason: str
    window_start: datetime
    window_end: datetime
    observed_at: datetime
    answered_at: datetime | None

    @property
    def feed(self) -> str:
        """The first part of the stream's name."""
        return self.stream.partition("/")[0]

    @property
    def is_answered(self) -> bool:
        """True where the source was heard, if only to say that there is nothing new."""
        return self.state in ("ok", "empty")


class Lately(NamedTuple):
    """Items asked for and received by one feed of one source in a span that ends now."""

    source: str
    feed: str
    asked: int
    received: int


class Overdue(NamedTuple):
    """Posts of a source that should have been looked at again, and since when the first of them should (UTC)."""

    posts: int = 0
    since: datetime | None = None


async def newest_accounts(pool: Pool, sources: Sequence[str]) -> list[StreamAccount]:
    """Of every stream of `sources` that was ever asked, by name. Raises DatabaseUnavailable."""
    return [StreamAccount(*row) for row in await read_rows(pool, _NEWEST, list(sources))]


async def came_lately(pool: Pool, sources: Sequence[str], span: timedelta) -> list[Lately]:
    """Sums of all accounts of `sources` made within the last `span`. Raises DatabaseUnavailable."""
    return [Lately(*row) for row in await read_rows(pool, _LATELY, list(sources), span)]


async def overdue_posts(pool: Pool, sources: Sequence[str]) -> dict[str, Overdue]:
    """For each of `sources`. Raises DatabaseUnavailable."""
    rows = await read_rows(pool, _OVERDUE, list(sources))
    return {row["source"]: Overdue(row["posts"], row["since"]) for row in rows}
