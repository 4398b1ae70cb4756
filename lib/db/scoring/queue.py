"""Takes posts out of the line of those that wait for a reading. It does not read them, nor does it put any in.

Who changes a post writes its row of the queue again, which waits for whoever holds that row. So a post is held by one
reader at a time, and a change that a reading missed is always followed by another reading.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from lib.db.pool import Connection, Pool

_CLAIM = "SELECT post_id FROM score_queue ORDER BY post_id LIMIT $1 FOR UPDATE SKIP LOCKED"

_CLAIM_NEWEST = "SELECT post_id FROM score_queue ORDER BY post_id DESC LIMIT $1 FOR UPDATE SKIP LOCKED"

# apart from the claim: as a subquery of the deletion, the claim can be run once for every row of the queue
_REMOVE = "DELETE FROM score_queue WHERE post_id = ANY($1::bigint[])"

# a statement of its own: its snapshot begins once the rows are held, so it sees every change made before that
_POSTS = """
SELECT id, source, published_at, lang, title, coalesce(text, ''), deleted_at IS NOT NULL, author
FROM posts WHERE id = ANY($1::bigint[]) ORDER BY id
"""

_WAITING = "SELECT count(*) FROM score_queue"


class Claimed(msgspec.Struct, frozen=True):
    """A post as it is read from the database; `published_at` in UTC. A deleted one has no words left."""

    id: int
    source: str
    published_at: datetime
    lang: str | None
    title: str | None
    text: str
    is_deleted: bool
    author: str | None = None


async def claim(conn: Connection, limit: int, *, newest: bool = False) -> Sequence[Claimed]:
    """Takes up to `limit` posts that no one else holds, those that were stored first or, on demand, last. They wait
    again if the transaction fails.
    """
    ids = [row["post_id"] for row in await conn.fetch(_CLAIM_NEWEST if newest else _CLAIM, limit)]
    if not ids:
        return []
    await conn.execute(_REMOVE, ids)
    return [Claimed(*row) for row in await conn.fetch(_POSTS, ids)]


async def waiting(db: Pool | Connection) -> int:
    """How many posts wait for a reading."""
    count: int = await db.fetchval(_WAITING)
    return count
