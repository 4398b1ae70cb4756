"""Keeps the keys by which copies of a text are found. It does not know how they are made, nor who copies whom."""

import uuid
from collections.abc import Iterable, Mapping, Sequence

from lib.db.pool import Connection
from lib.db.scoring.buckets import Key, Touched
from lib.db.scoring.queue import Claimed

_SALT = "SELECT text_salt FROM installation"

_COLUMNS = ("key", "published_at", "post_id")


async def text_secret(conn: Connection) -> bytes:
    """What the keys of this database are made with; it stays the same for ever."""
    salt: uuid.UUID = await conn.fetchval(_SALT)
    return salt.bytes


async def store_keys(
    conn: Connection,
    posts: Sequence[Claimed],
    keys: Mapping[int, Sequence[int]],
    touched: Touched,
    dropped: Iterable[Key],
) -> None:
    """Stores `keys`, by the ids of `posts`, which mention something, and notes in `touched` which are new and which of
    the `dropped` ones are gone. The caller has dropped the keys of these posts, and holds the posts.
    """
    given = {(key, post.published_at, post.id) for post in posts for key in keys.get(post.id, ())}
    await conn.copy_records_to_table("text_keys", records=sorted(given), columns=_COLUMNS)
    touched.keys.extend(given.symmetric_difference(dropped))
