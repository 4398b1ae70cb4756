"""Keeps the keys by which copies of a text are found. It does not know how they are made, nor who copies whom."""

import uuid
from collections.abc import Mapping, Sequence

from lib.db.pool import Connection
from lib.db.scoring.buckets import Touched
from lib.db.scoring.queue import Claimed

_SALT = "SELECT text_salt FROM installation"

_KNOWN = "SELECT key, published_at, post_id FROM text_keys WHERE post_id = ANY($1::bigint[])"

_DROP = """
DELETE FROM text_keys k USING unnest($1::bigint[], $2::timestamptz[], $3::bigint[]) AS gone (key, published_at, post_id)
WHERE (k.key, k.published_at, k.post_id) = (gone.key, gone.published_at, gone.post_id)
"""

_COLUMNS = ("key", "published_at", "post_id")


async def text_secret(conn: Connection) -> bytes:
    """What the keys of this database are made with; it stays the same for ever."""
    salt: uuid.UUID = await conn.fetchval(_SALT)
    return salt.bytes


async def store_keys(
    conn: Connection, posts: Sequence[Claimed], keys: Mapping[int, Sequence[int]], touched: Touched
) -> None:
    """Brings the keys of `posts` to `keys` (by post id; a post without any keeps none), and notes in `touched` those
    that came or went. The caller holds the posts.
    """
    known = {tuple(row) for row in await conn.fetch(_KNOWN, [post.id for post in posts])}
    wanted = {(key, post.published_at, post.id) for post in posts for key in keys.get(post.id, ())}
    gone, fresh = known - wanted, wanted - known
    if gone:
        await conn.execute(_DROP, *map(list, zip(*gone, strict=True)))
    if fresh:
        await conn.copy_records_to_table("text_keys", records=sorted(fresh), columns=_COLUMNS)
    touched.keys.extend(gone | fresh)
