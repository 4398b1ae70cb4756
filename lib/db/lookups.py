"""Reads posts that may carry cashtags which nobody has listed, and has them read again once somebody has. It does not
know what a cashtag is beyond its letters.
"""

import re
from datetime import timedelta
from typing import NamedTuple

from lib.db.pool import Connection, Pool
from lib.db.reading import read_rows

# by id, for that is the one order that has an index; the newest are among the last that came
_RECENT = """
SELECT title, coalesce(text, '') AS text FROM (
    SELECT published_at, title, text FROM posts ORDER BY id DESC LIMIT $2
) last_stored
WHERE published_at > clock_timestamp() - $1::interval AND (text ~ '[$＄]' OR title ~ '[$＄]')
"""

# the queue's row is rewritten, so that it waits for a scorer that is reading the post by the old listings
_AGAIN = """
WITH again AS (
    INSERT INTO score_queue (post_id)
    SELECT id FROM (SELECT id, deleted_at, title, text FROM posts ORDER BY id DESC LIMIT $2) last_stored
    WHERE deleted_at IS NULL AND (text ~* $1 OR title ~* $1) ORDER BY id
    ON CONFLICT (post_id) DO UPDATE SET queued_at = EXCLUDED.queued_at
    RETURNING post_id
)
SELECT count(*) FROM again
"""


class Words(NamedTuple):
    """The words of one post."""

    title: str | None
    text: str


async def posts_with_signs(pool: Pool, *, within: timedelta, among: int) -> list[Words]:
    """Posts with a dollar sign that were published `within` that time, of the last `among` that were stored."""
    return [Words(*row) for row in await read_rows(pool, _RECENT, within, among)]


async def queue_posts_with(conn: Connection, cashtag: str, *, among: int) -> int:
    """Has every post that carries `$cashtag`, of the last `among` that were stored, wait for another reading."""
    letters = re.sub(r"[^A-Za-z0-9]", r"[./_-]", cashtag)
    count: int = await conn.fetchval(_AGAIN, f"[$＄]{letters}(?![A-Za-z0-9_])", among)
    return count
