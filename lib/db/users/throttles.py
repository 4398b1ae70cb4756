"""Counts failures and keeps locks, under hashes. It does not know what a key stands for, nor how long a lock is."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from lib.db.pool import Connection, Pool
from lib.db.reading import read_rows

_LOCKS = "SELECT key, locked_until - now() FROM throttles WHERE key = ANY($1) AND locked_until > now()"

# failures that lie long back are forgotten
_FAIL = """
INSERT INTO throttles (key, failures, last_at) VALUES ($1, 1, now())
ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN throttles.last_at < now() - $2::interval THEN 1 ELSE throttles.failures + 1 END,
    last_at = now()
RETURNING failures
"""

_LOCK = "UPDATE throttles SET locked_until = now() + $2::interval WHERE key = $1"

_FORGET = "DELETE FROM throttles WHERE key = ANY($1)"


async def locks(pool: Pool, keys: Sequence[bytes]) -> dict[bytes, timedelta]:
    """How much longer each of `keys` is locked; those that are not are left out. Raises as read_rows."""
    return {row[0]: row[1] for row in await read_rows(pool, _LOCKS, list(keys))}


async def count_failure(
    conn: Connection, key: bytes, *, forget_after: timedelta, lock_for: Callable[[int], timedelta | None]
) -> timedelta | None:
    """One more failure; how long `key` is locked now, if it is. `lock_for` is asked with how many there were."""
    failures = await conn.fetchval(_FAIL, key, forget_after)
    lock = lock_for(failures)
    if lock is not None:
        await conn.execute(_LOCK, key, lock)
    return lock


async def forget_failures(conn: Connection, keys: Sequence[bytes]) -> None:
    """Begins to count anew."""
    await conn.execute(_FORGET, list(keys))
