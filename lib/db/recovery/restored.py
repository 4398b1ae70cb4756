"""The first questions to a database that was just recovered, and the password it gets. It does not recover anything."""

from datetime import datetime
from typing import NamedTuple

from lib.db.pool import connect

_STANDING = """
SELECT pg_is_in_recovery() AS is_recovering,
       coalesce(pg_last_wal_replay_lsn(), '0/0')::text AS replayed,
       pg_last_xact_replay_timestamp() AS last_commit_at,
       (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline,
       (SELECT system_identifier::text FROM pg_control_system()) AS system
"""

# a role's name and password cannot be parameters of these statements, so they are handed over as settings
_HAND_OVER = "SELECT set_config('insitechart.role', $1, false), set_config('insitechart.password', $2, false)"

_LET_IN = """
DO $$
DECLARE
    name text := current_setting('insitechart.role');
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
        EXECUTE format('CREATE ROLE %I SUPERUSER LOGIN REPLICATION', name);
    END IF;
    EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L VALID UNTIL ''infinity''', name,
                   current_setting('insitechart.password'));
END
$$
"""


class Standing(NamedTuple):
    """How far recovery came: `replayed` is the place behind the last record, `last_commit_at` (UTC) the last commit."""

    is_recovering: bool
    replayed: str
    last_commit_at: datetime | None
    timeline: int
    system: str


async def read_standing(url: str) -> Standing:
    """How it stands at `url`. Raises DatabaseUnavailable while it lets nobody in."""
    connection = await connect(url, application="insitechart-restore")
    try:
        row = await connection.fetchrow(_STANDING)
        assert row is not None
        return Standing(*row)
    finally:
        await connection.close()


async def let_in(url: str, role: str, password: str) -> None:
    """Gives `role`, made if it is not there, this password."""
    connection = await connect(url, application="insitechart-restore")
    try:
        await connection.execute(_HAND_OVER, role, password)
        await connection.execute(_LET_IN)
    finally:
        await connection.close()
