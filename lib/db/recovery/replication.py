"""What a server says of its own log, and of whoever receives it. It does not read the log, nor start a receiver.

Everything raises DatabaseUnavailable where the server is away, DatabaseError with its words where it refuses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

import asyncpg

from lib.db.pool import Connection
from lib.db.reading import database_errors
from lib.errors import DatabaseError

_SERVER = """
SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system,
       current_setting('server_version') AS version,
       current_setting('server_version_num')::int / 10000 AS major,
       (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size') AS segment_bytes,
       coalesce(current_setting('summarize_wal', true), 'off') = 'on' AS summarizes,
       (SELECT rolname::text FROM pg_roles WHERE oid = 10) AS superuser,
       (SELECT rolsuper OR rolreplication FROM pg_roles WHERE rolname = current_user) AS may_replicate,
       current_setting('wal_level') AS wal_level,
       pg_is_in_recovery() AS is_standby
"""

_MIGRATION = "SELECT coalesce(max(name), '') FROM migrations"

# the clock first: what was committed before it lies before the place that is read after it
_SAMPLE = """
SELECT clock_timestamp() AS at, pg_current_wal_insert_lsn()::text AS place,
       ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int AS timeline
"""

_SLOT = """
SELECT slot.active, slot.wal_status, slot.restart_lsn::text AS restart,
       coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), slot.restart_lsn), 0)::bigint AS held_bytes,
       receiver.write_lsn::text AS received
FROM pg_replication_slots AS slot LEFT JOIN pg_stat_replication AS receiver ON receiver.pid = slot.active_pid
WHERE slot.slot_name = $1
"""

_MAKE_SLOT = "SELECT pg_create_physical_replication_slot($1, true)"

_DROP_SLOT = "SELECT pg_drop_replication_slot($1)"

_RESTORE_POINT = "SELECT pg_create_restore_point($1)::text"

_SWITCH = "SELECT pg_switch_wal()::text"


class Server(NamedTuple):
    """What a server is: `system` tells clusters apart, `segment_bytes` is the size of its log's segments, `superuser`
    the name of the role that it was made with; `summarizes` where it can tell what changed since another base backup.
    """

    system: str
    version: str
    major: int
    segment_bytes: int
    summarizes: bool
    superuser: str
    may_replicate: bool
    wal_level: str
    is_standby: bool


class Sample(NamedTuple):
    """Everything that was committed before `at` (UTC, the server's clock) lies before `place`, on `timeline`."""

    at: datetime
    place: str
    timeline: int


class Slot(NamedTuple):
    """A replication slot: the log from `restart` on is held back for it, `held_bytes` of it, until `received` comes to
    them. `wal_status` is lost where the server had to let go of some.
    """

    active: bool
    wal_status: str | None
    restart: str | None
    held_bytes: int
    received: str | None


@contextmanager
def _told() -> Iterator[None]:
    try:
        with database_errors():
            yield
    except asyncpg.PostgresError as error:
        raise DatabaseError(f"PostgreSQL refuses: {error}.") from error


async def read_server(db: Connection) -> Server:
    """What the server is."""
    with _told():
        row = await db.fetchrow(_SERVER)
        assert row is not None
        return Server(*row)


async def last_migration(db: Connection) -> str:
    """The newest migration of the schema in this database."""
    with _told():
        found: str = await db.fetchval(_MIGRATION)
        return found


async def sample(db: Connection) -> Sample:
    """How far the log is now. Not on a standby, which writes none."""
    with _told():
        row = await db.fetchrow(_SAMPLE)
        assert row is not None
        return Sample(*row)


async def read_slot(db: Connection, name: str) -> Slot | None:
    """The slot of this name, or None."""
    with _told():
        row = await db.fetchrow(_SLOT, name)
        return None if row is None else Slot(*row)


async def make_slot(db: Connection, name: str) -> None:
    """Makes a slot that holds the log back from the last checkpoint on."""
    with _told():
        await db.execute(_MAKE_SLOT, name)


async def drop_slot(db: Connection, name: str) -> None:
    """Removes a slot that nobody uses now; the server lets go of what it held back."""
    with _told():
        await db.execute(_DROP_SLOT, name)


async def make_restore_point(db: Connection, name: str) -> str:
    """Gives the present place in the log a name to restore to; returns the place."""
    with _told():
        place: str = await db.fetchval(_RESTORE_POINT, name)
        return place


async def switch_segment(db: Connection) -> str:
    """Ends the segment that is being written; returns the place at which it ended."""
    with _told():
        place: str = await db.fetchval(_SWITCH)
        return place
