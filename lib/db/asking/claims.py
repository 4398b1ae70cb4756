"""Who works on a gap: one worker at a time, and several workers share the queue. It does not know what filling takes.

A session lock per gap, all held by one connection of the worker's: a worker that is killed lets go of them by itself,
and one that holds many gaps does not use up the pool.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from lib.db.gap_reads import Gap
from lib.db.pool import Connection, Pool

_AT_ONCE = 20

# $2: those that are wanted, or NULL; $3: those to leave out
_DUE = """
SELECT id FROM gaps
WHERE source = $1 AND state = 'open' AND next_try_at <= clock_timestamp()
  AND ($2::bigint[] IS NULL OR id = ANY($2)) AND NOT id = ANY($3::bigint[])
ORDER BY next_try_at, id LIMIT $4
"""

# the second half of the key has 32 bits; two gaps that share one wait for each other, no more
_TRY = "SELECT pg_try_advisory_lock(730060, ($1::bigint & 2147483647)::integer)"

_LET_GO = "SELECT pg_advisory_unlock(730060, ($1::bigint & 2147483647)::integer)"

# another worker may have closed or postponed it between the look and the lock
_STILL_DUE = """
SELECT id, source, stream, window_start, window_end, origin, reason, state, tries, next_try_at, found_at, closed_at,
       closing
FROM gaps WHERE id = $1 AND state = 'open' AND next_try_at <= clock_timestamp()
"""


class Claims:
    """What one worker has claimed; made by `claiming`. Each gap is handed out once at most."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._one_at_a_time = asyncio.Lock()
        self._held: set[int] = set()
        self._seen: set[int] = set()

    async def next(self, source: str, ids: Collection[int] | None = None) -> Gap | None:
        """The open gap of `source` that is due first and that nobody works on, or None; of `ids` alone, if given."""
        async with self._one_at_a_time:
            others: set[int] = set()
            wanted = None if ids is None else list(ids)
            while True:
                rows = await self._conn.fetch(_DUE, source, wanted, list(self._seen | others), _AT_ONCE)
                if not rows:
                    return None
                for row in rows:
                    gap = await self._claim(row["id"])
                    if gap is not None:
                        return gap
                    others.add(row["id"])

    async def release(self, gap: Gap) -> None:
        """Others may work on `gap`."""
        async with self._one_at_a_time:
            await self._let_go(gap.id)

    async def release_all(self) -> None:
        """Others may work on all that is still claimed."""
        async with self._one_at_a_time:
            for gap_id in list(self._held):
                await self._let_go(gap_id)

    async def _claim(self, gap_id: int) -> Gap | None:
        if not await self._conn.fetchval(_TRY, gap_id):
            return None
        self._held.add(gap_id)
        row = await self._conn.fetchrow(_STILL_DUE, gap_id)
        if row is None:
            await self._let_go(gap_id)
            return None
        self._seen.add(gap_id)
        return Gap(*row)

    async def _let_go(self, gap_id: int) -> None:
        if gap_id in self._held:
            await self._conn.execute(_LET_GO, gap_id)
            self._held.discard(gap_id)


@asynccontextmanager
async def claiming(pool: Pool) -> AsyncIterator[Claims]:
    """The claims of one worker; whatever it still holds is free again on leaving."""
    async with pool.acquire() as conn:
        claims = Claims(conn)
        try:
            yield claims
        finally:
            await claims.release_all()
