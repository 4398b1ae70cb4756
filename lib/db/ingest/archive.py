"""What an import of a file needs of PostgreSQL besides the tables: to be alone with its file, and to remember what it
showed.

It does not know files. Both live on the connection given, which serves one import from its beginning to its end.
"""

from collections.abc import Sequence

import asyncpg

from lib.db.pool import Connection
from lib.errors import ArchiveError

_ALONE = "SELECT pg_advisory_lock(730011, hashtext($1))"

_NOT_ALONE = "SELECT pg_advisory_unlock(730011, hashtext($1))"

_REMEMBER = "CREATE TEMP TABLE seen_in_file (key bytea PRIMARY KEY)"

_ADD = """
INSERT INTO seen_in_file SELECT key FROM unnest($1::bytea[]) AS key
ON CONFLICT DO NOTHING
RETURNING key
"""

_LAZILY = "SET LOCAL synchronous_commit = off"

_FORGET = "DROP TABLE IF EXISTS seen_in_file"


async def begin_import(conn: Connection, stream: str) -> None:
    """Waits until no other import of `stream` is under way, and begins to remember keys. Not inside a transaction.

    Raises ArchiveError where the other one goes on for longer than the session's lock time-out.
    """
    try:
        await conn.execute(_ALONE, stream)
    except asyncpg.LockNotAvailableError:
        raise ArchiveError("Another run is importing this file.", hint="Wait until it has ended.") from None
    await conn.execute(_FORGET)
    await conn.execute(_REMEMBER)


async def end_import(conn: Connection, stream: str) -> None:
    """Lets go what begin_import took; the connection's end would do the same."""
    await conn.execute(_FORGET)
    await conn.execute(_NOT_ALONE, stream)


async def first_seen(conn: Connection, keys: Sequence[bytes]) -> set[bytes]:
    """Remembers `keys` until the import ends, if the caller's transaction commits; returns those never given before."""
    return {row["key"] for row in await conn.fetch(_ADD, keys)}


async def commit_lazily(conn: Connection) -> None:
    """Lets the caller's transaction commit without waiting for the disk. A crash may undo it whole, cursor and rows;
    the next ordinary commit makes it durable too.
    """
    await conn.execute(_LAZILY)
