"""Token buckets, one per (host, credential), shared by every worker of the database. It does not know what is called.

The generic cell rate algorithm: one moment a bucket, moved on by each turn; a bucket that rested allows a burst.
"""

from datetime import datetime, timedelta

from lib.db.pool import Pool

# $3 spacing, $4 the burst less one in spacings, $5 patience: who would wait longer moves nothing. A turn lost in a
# crash of the server is no harm, so nobody waits for the disk.
_TURN = """
INSERT INTO paces AS p (host, credential, next_at) VALUES ($1, $2, clock_timestamp() + $3::interval)
ON CONFLICT (host, credential) DO UPDATE SET next_at = greatest(p.next_at, clock_timestamp()) + $3::interval
WHERE p.next_at - $4::interval <= clock_timestamp() + $5::interval
RETURNING greatest(next_at - $3::interval - $4::interval - clock_timestamp(), INTERVAL '0') AS wait
"""

_WAIT = """
SELECT greatest(next_at - $3::interval - clock_timestamp(), INTERVAL '0') FROM paces WHERE host = $1 AND credential = $2
"""

_PAUSE = """
INSERT INTO paces AS p (host, credential, next_at) VALUES ($1, $2, $3::timestamptz + $4::interval)
ON CONFLICT (host, credential) DO UPDATE SET next_at = greatest(p.next_at, EXCLUDED.next_at)
"""

_LAZILY = "SET LOCAL synchronous_commit = off"


async def take_turn(
    pool: Pool, host: str, credential: str, *, spacing: timedelta, burst: int, patience: timedelta
) -> tuple[bool, timedelta]:
    """Whether a turn was taken, and how long from now it is; none is taken where that is longer than `patience`."""
    rest = spacing * (burst - 1)
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute(_LAZILY)
        wait = await conn.fetchval(_TURN, host, credential, spacing, rest, patience)
        if wait is not None:
            return True, wait
        return False, await conn.fetchval(_WAIT, host, credential, rest) or timedelta(0)


async def pause(pool: Pool, host: str, credential: str, *, spacing: timedelta, burst: int, until: datetime) -> None:
    """No further turn before `until`, and then one after the other again. Turns already handed out stay."""
    await pool.execute(_PAUSE, host, credential, until, spacing * (burst - 1))
