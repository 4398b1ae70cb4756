"""One moment of a database that several connections look at while writers go on. It does not know what they look at."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple

import asyncpg

from lib.db.pool import Connection, connect
from lib.db.reading import database_errors
from lib.errors import DatabaseError

APPLICATION = "insitechart-backup"

# whatever the server, the database or the role is set to, the same value is the same text, and nobody ends us half-way
_SESSION = """
SELECT set_config(name, value, false) FROM (VALUES
    ('search_path', ''), ('datestyle', 'ISO, YMD'), ('intervalstyle', 'postgres'), ('extra_float_digits', '1'),
    ('bytea_output', 'hex'), ('lc_monetary', 'C'), ('xmloption', 'content'), ('row_security', 'off'),
    ('max_parallel_workers_per_gather', '0'), ('statement_timeout', '0'), ('lock_timeout', '60s'),
    ('idle_in_transaction_session_timeout', '0'), ('transaction_timeout', '0')
) AS wanted (name, value)
WHERE EXISTS (SELECT FROM pg_settings s WHERE lower(s.name) = wanted.name)
"""

_SNAPSHOT = """
SELECT pg_export_snapshot(), clock_timestamp(),
       (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)::text
"""

# one backup of a kind at a time: whoever gets this lock knows that every other one has ended, for a session's lock ends
# with its process
_LOCK = "SELECT pg_try_advisory_lock(730020, hashtext($1))"

_NAME = re.compile(r"[0-9A-F]+-[0-9A-F]+-[0-9]+")


class Snapshot(NamedTuple):
    """A moment (UTC) under the name that PostgreSQL gave it, how far the log was, and the connection that holds it."""

    name: str
    at: datetime
    lsn: str
    connection: Connection


@asynccontextmanager
async def exported_snapshot(url: str) -> AsyncIterator[Snapshot]:
    """A snapshot that can be looked at until this is left. Raises DatabaseUnavailable."""
    async with steady_session(url) as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        row = await connection.fetchrow(_SNAPSHOT)
        assert row is not None
        yield Snapshot(row[0], row[1], row[2], connection)


@asynccontextmanager
async def looking_at(url: str, snapshot: str | None) -> AsyncIterator[Connection]:
    """A connection that sees what `snapshot` is (None: what there is now), and writes nothing."""
    async with steady_session(url) as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        if snapshot is not None:
            # its name cannot be a parameter of this statement; PostgreSQL itself makes it of these characters alone
            assert _NAME.fullmatch(snapshot)
            await connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        yield connection


@asynccontextmanager
async def steady_session(url: str) -> AsyncIterator[Connection]:
    """A connection on which values are written as on every other of its kind. Raises DatabaseUnavailable."""
    connection = await connect(url, application=APPLICATION)
    try:
        with database_errors():
            await connection.execute(_SESSION)
            yield connection
    except asyncpg.PostgresError as error:
        raise DatabaseError(f"PostgreSQL refused to be looked at: {error}") from error
    finally:
        # one that is cancelled in the middle of a statement would wait for its end
        try:
            await asyncio.wait_for(connection.close(), timeout=5)
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection.terminate()


@asynccontextmanager
async def alone(url: str, kind: str) -> AsyncIterator[bool]:
    """Whether nobody else is taking a backup of this kind of the database; nobody can begin one until this is left."""
    async with steady_session(url) as connection:
        with database_errors():
            yield bool(await connection.fetchval(_LOCK, kind))
