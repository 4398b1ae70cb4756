"""Gives numbers to what committed transactions noted. It does not read the log.

Only rows that are visible get a number, and numbers become visible with the rows they were given to: whoever has read
up to a number has read all before it, in whatever order the writers committed. Writers never wait for it.
"""

import asyncpg

from lib.db.pool import Connection
from lib.errors import DatabaseError

BATCH = 5_000

_WAITING = "SELECT EXISTS (SELECT FROM change_outbox)"

# a number must not be seen before it is safe on the disk: after a crash it would be given once more. What is noted and
# not yet on the disk (an import commits lazily) gets there with it.
_DURABLY = "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(730030)"

_NUMBER = """
WITH taken AS (
    DELETE FROM change_outbox WHERE id IN (SELECT id FROM change_outbox ORDER BY id LIMIT $1)
    RETURNING id, kind, symbol, part, since, until, written, removed, observed_at, newest
), before AS (
    SELECT seq, at FROM changes ORDER BY seq DESC LIMIT 1
), numbered AS (
    INSERT INTO changes (seq, at, kind, symbol, part, since, until, written, removed, observed_at, newest)
    SELECT coalesce(before.seq, 0) + row_number() OVER (ORDER BY taken.id),
           greatest(statement_timestamp(), before.at + INTERVAL '1 microsecond'), taken.kind, taken.symbol, taken.part,
           taken.since, taken.until, taken.written, taken.removed, taken.observed_at, taken.newest
    FROM taken LEFT JOIN before ON true
    RETURNING at, kind, symbol
), kept AS (
    INSERT INTO change_versions (kind, symbol, at) SELECT DISTINCT kind, symbol, at FROM numbered ORDER BY kind, symbol
    ON CONFLICT (kind, symbol) DO UPDATE SET at = EXCLUDED.at
)
SELECT count(*) FROM numbered
"""


async def number_changes(conn: Connection) -> int:
    """Numbers everything that was committed before the call; returns how much of it this call did.

    Any number of processes may do so at once. Not inside a transaction. Raises DatabaseError where another one holds
    on for longer than the session's lock time-out.
    """
    done = 0
    while await conn.fetchval(_WAITING):
        try:
            async with conn.transaction(isolation="read_committed"):
                await conn.execute(_DURABLY)
                # a statement of its own: the next one's snapshot must be younger than the lock
                await conn.execute(_ONE_AT_A_TIME)
                done += await conn.fetchval(_NUMBER, BATCH)
        except asyncpg.LockNotAvailableError as error:
            raise DatabaseError("Changes are not numbered: another process holds on to it.") from error
    return done
