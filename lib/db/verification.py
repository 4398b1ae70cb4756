"""Posts whose deletions must be followed: which are due for another look at their source, and that they were seen.

It does not ask the source.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from lib.db.pool import Connection, Pool
from lib.db.reading import read_row

# one page after the other: what could not be judged stays where it is, and must not hold the rest up
_DUE = """
SELECT external_id, verify_after, id FROM posts
WHERE source = $1 AND verify_after <= $2
  AND (verify_after, id) > (coalesce($4, '-infinity'::timestamptz), coalesce($5, 0))
ORDER BY verify_after, id LIMIT $3
"""

_NOW = "SELECT clock_timestamp()"

_SEEN = """
UPDATE posts SET verify_after = CASE
    WHEN $4::interval IS NULL OR published_at > clock_timestamp() - $4 THEN clock_timestamp() + $3::interval
END
WHERE source = $1 AND external_id = ANY($2::text[]) AND verify_after IS NOT NULL
"""

_STANDING = """
SELECT count(*) AS watched, count(*) FILTER (WHERE verify_after < statement_timestamp()) AS overdue,
       min(verify_after) FILTER (WHERE verify_after < statement_timestamp()) AS since
FROM posts WHERE source = $1 AND verify_after IS NOT NULL
"""


class Standing(NamedTuple):
    """How many posts of a source are watched, how many are overdue, and since when the first of them is."""

    watched: int
    overdue: int
    since: datetime | None


class Due(NamedTuple):
    """A post to look at, and its place in the line."""

    external_id: str
    verify_after: datetime
    id: int


async def due_posts(pool: Pool, source: str, *, until: datetime, limit: int, after: Due | None = None) -> list[Due]:
    """Up to `limit` posts that are due by `until`, the most urgent first, those behind `after` in the line."""
    place = (None, None) if after is None else (after.verify_after, after.id)
    return [Due(*row) for row in await pool.fetch(_DUE, source, until, limit, *place)]


async def due_by(pool: Pool, ahead: timedelta) -> datetime:
    """The moment `ahead` from now by the database's clock, which is the one that posts are due by."""
    now: datetime = await pool.fetchval(_NOW)
    return now + ahead


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
