"""Posts whose deletions must be followed: which are due for another look at their source, and that they were seen.

It does not ask the source.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from lib.db.pool import Connection, Pool
from lib.db.reading import read_row

_DUE = """
SELECT external_id FROM posts WHERE source = $1 AND verify_after <= clock_timestamp() + $2
ORDER BY verify_after LIMIT $3
"""

_SEEN = """
UPDATE posts SET verify_after = CASE
    WHEN $4::interval IS NULL OR published_at > clock_timestamp() - $4 THEN clock_timestamp() + $3::interval
END
WHERE source = $1 AND external_id = ANY($2::text[]) AND verify_after IS NOT NULL
"""

_STANDING = """
SELECT count(*) AS watched, count(*) FILTER (WHERE verify_after < clock_timestamp()) AS overdue,
       min(verify_after) FILTER (WHERE verify_after < clock_timestamp()) AS since
FROM posts WHERE source = $1 AND verify_after IS NOT NULL
"""


class Standing(NamedTuple):
    """How many posts of a source are watched, how many are overdue, and since when the first of them is."""

    watched: int
    overdue: int
    since: datetime | None


async def due_posts(pool: Pool, source: str, *, ahead: timedelta, limit: int) -> list[str]:
    """External ids of up to `limit` posts that are due now or within `ahead`, the most urgent first."""
    return [row["external_id"] for row in await pool.fetch(_DUE, source, ahead, limit)]


async def seen(
    conn: Connection, source: str, external_ids: Sequence[str], *, within: timedelta, until_age: timedelta | None
) -> None:
    """These posts are still there: they are due again after `within`, or never once they are `until_age` old."""
    await conn.execute(_SEEN, source, list(external_ids), within, until_age)


async def standing(pool: Pool, source: str) -> Standing:
    """How well the duty to follow deletions is kept. Raises DatabaseUnavailable."""
    row = await read_row(pool, _STANDING, source)
    assert row is not None
    return Standing(*row)
