"""Counts attempts and keeps locks, under hashes. It does not know what a key stands for, nor how long a lock is."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from lib.db.pool import Connection

# what lies long back is forgotten; while a lock lasts nothing is counted, so that it ends
_ATTEMPT = """
INSERT INTO throttles AS t (key, failures, last_at) VALUES ($1, 1, clock_timestamp())
ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN t.locked_until > clock_timestamp() THEN t.failures
                    WHEN t.last_at < clock_timestamp() - $2::interval THEN 1
                    ELSE t.failures + 1 END,
    last_at = CASE WHEN t.locked_until > clock_timestamp() THEN t.last_at ELSE clock_timestamp() END
RETURNING failures, CASE WHEN locked_until > clock_timestamp() THEN locked_until - clock_timestamp() END AS locked
"""

_LOCK = "UPDATE throttles SET locked_until = clock_timestamp() + $2::interval WHERE key = $1 RETURNING locked_until"

_FORGET = "DELETE FROM throttles WHERE key = ANY($1)"

# a lock that somebody else brought about stays
_TAKE_BACK = """
UPDATE throttles
SET failures = greatest(failures - 1, 0), locked_until = CASE WHEN locked_until = $2 THEN NULL ELSE locked_until END
WHERE key = $1
"""


class Attempt(NamedTuple):
    """What came of counting: for how much longer it is refused, or until when (UTC) it locked what it counted."""

    refused_for: timedelta | None = None
    locked_until: datetime | None = None


async def attempt(
    conn: Connection, key: bytes, *, forget_after: timedelta, lock_for: Callable[[int], timedelta | None]
) -> Attempt:
    """Counts one attempt, unless `key` is locked. `lock_for` is asked with how many there were. Attempts with the same
    key wait for each other.
    """
    row = await conn.fetchrow(_ATTEMPT, key, forget_after)
    assert row is not None
    if row["locked"] is not None:
        return Attempt(refused_for=row["locked"])
    lock = lock_for(row["failures"])
    return Attempt() if lock is None else Attempt(locked_until=await conn.fetchval(_LOCK, key, lock))


async def forget_failures(conn: Connection, keys: Sequence[bytes]) -> None:
    """Begins to count anew."""
    await conn.execute(_FORGET, list(keys))


async def take_back(conn: Connection, key: bytes, locked_until: datetime | None) -> None:
    """One attempt, which locked until then if it did, was none to be counted."""
    await conn.execute(_TAKE_BACK, key, locked_until)
