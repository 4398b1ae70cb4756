"""Who reads a stream: one worker at a time, the next one waits in line. It does not know what is read.

A session lock, so that a reader that is killed lets go by itself. A reader of a stream that never ends asks whether
somebody waits, and hands over.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lib.db.pool import Connection, Pool

_TRY = "SELECT pg_try_advisory_lock(730040, hashtext($1))"

# for as long as the one before takes to see that somebody waits
_PATIENCE = "SET lock_timeout = '60s'"

_WAIT = "SELECT pg_advisory_lock(730040, hashtext($1))"

_LET_GO = "SELECT pg_advisory_unlock(730040, hashtext($1))"

_AWAITED = """
SELECT EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 730040 AND objid = hashtext($1)::bigint & 4294967295
    AND objsubid = 2 AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)
"""


class Reading:
    """The right to read one stream, held while its connection lives."""

    def __init__(self, conn: Connection, name: str) -> None:
        self._conn = conn
        self._name = name

    async def is_awaited(self) -> bool:
        """True when another worker stands in line for this stream."""
        awaited: bool = await self._conn.fetchval(_AWAITED, self._name)
        return awaited


@asynccontextmanager
async def reading(pool: Pool, name: str, *, wait: bool) -> AsyncIterator[Reading | None]:
    """The right to read the stream `name`, or None where another worker reads it and `wait` is false.

    Raises asyncpg.LockNotAvailableError where the one before does not hand over within a minute.
    """
    async with pool.acquire() as conn:
        if wait:
            await conn.execute(_PATIENCE)
            await conn.execute(_WAIT, name)
        elif not await conn.fetchval(_TRY, name):
            yield None
            return
        try:
            yield Reading(conn, name)
        finally:
            await conn.execute(_LET_GO, name)
