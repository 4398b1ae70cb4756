"""Reads how much there is and how fresh it is: posts by source, mentions, scores, what waits for a reading, the age at
arrival.

Whoever asks for counts of whole tables decides how often: they take as long as the tables are large.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from lib.db.pool import Pool
from lib.db.reading import read_row, read_rows

_POSTS = "SELECT source, count(*) FROM posts GROUP BY source"

_SCORES = """
SELECT c.name, count(*) FROM scores s JOIN scorers c ON c.id = s.scorer_id GROUP BY c.name ORDER BY c.name
"""

_MENTIONS = "SELECT count(*) FROM mentions"

_QUEUE = "SELECT count(*) AS posts, min(queued_at) AS since FROM score_queue"

# ids rise with the time of arrival, so the last of them are enough; a post that was old on arrival came from a file or
# a backfill and says nothing about how fresh the sources are
_FRESHNESS = """
SELECT source,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY age) AS median,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY age) AS p95
FROM (
    SELECT source, observed_at, extract(epoch FROM observed_at - published_at)::float8 AS age
    FROM posts ORDER BY id DESC LIMIT $1
) latest
WHERE observed_at > statement_timestamp() - $2::interval AND age < extract(epoch FROM $3::interval)
GROUP BY source
"""

_LATEST = 20_000
_FRESH = timedelta(days=1)


class Queue(NamedTuple):
    """How many posts wait for a reading, and since when the first of them does (UTC)."""

    posts: int
    since: datetime | None


class Freshness(NamedTuple):
    """Seconds from publication to storing: the middle one, and the one that 95 of 100 stay below."""

    median: float
    p95: float


async def posts_by_source(pool: Pool) -> dict[str, int]:
    """Posts ever stored, forgotten ones included. Raises DatabaseUnavailable."""
    return {row["source"]: row["count"] for row in await read_rows(pool, _POSTS)}


async def scores_by_scorer(pool: Pool) -> dict[str, int]:
    """Scores that are kept. Raises DatabaseUnavailable."""
    return {row["name"]: row["count"] for row in await read_rows(pool, _SCORES)}


async def count_mentions(pool: Pool) -> int:
    """Mentions that are kept. Raises DatabaseUnavailable."""
    [row] = await read_rows(pool, _MENTIONS)
    found: int = row[0]
    return found


async def scoring_queue(pool: Pool) -> Queue:
    """The posts that wait. Raises DatabaseUnavailable."""
    row = await read_row(pool, _QUEUE)
    assert row is not None
    return Queue(*row)


async def freshness(pool: Pool, span: timedelta) -> dict[str, Freshness]:
    """By source, of the last posts that arrived within `span` and had been published in the day before they did.

    Raises DatabaseUnavailable.
    """
    rows = await read_rows(pool, _FRESHNESS, _LATEST, span, _FRESH)
    return {row["source"]: Freshness(row["median"], row["p95"]) for row in rows}
