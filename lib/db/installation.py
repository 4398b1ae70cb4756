"""Tells one installation's database from another's. It knows no table of data."""

from datetime import datetime

import asyncpg

from lib.db.pool import Connection, Pool
from lib.db.reading import read_rows
from lib.errors import MigrationError

# made from a secret of the database, and says nothing about it
_ID = "SELECT left(encode(sha256(convert_to('id' || author_salt::text, 'UTF8')), 'hex'), 16) FROM installation"

_BEGUN = "SELECT min(applied_at) FROM migrations"


async def installation_id(db: Pool | Connection) -> str:
    """16 hexadecimal digits that no two databases share, and that a restored copy shares with its original.

    Raises MigrationError where the database has not got its tables yet.
    """
    try:
        found: str | None = await db.fetchval(_ID)
    except asyncpg.UndefinedTableError:
        found = None
    if found is None:
        raise MigrationError("The database has not got its tables yet.", hint="Run `insitechart migrate`.")
    return found


async def installed_at(pool: Pool) -> datetime:
    """When this installation's database was first made (UTC). Raises DatabaseUnavailable."""
    [row] = await read_rows(pool, _BEGUN)
    found: datetime = row[0]
    return found
