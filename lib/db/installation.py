"""Tells one installation's database from another's. It knows no table of data."""

from datetime import datetime

from lib.db.pool import Connection, Pool
from lib.db.reading import read_rows

# made from a secret of the database, and says nothing about it
_ID = "SELECT left(encode(sha256(convert_to('id' || author_salt::text, 'UTF8')), 'hex'), 16) FROM installation"

_BEGUN = "SELECT min(applied_at) FROM migrations"


async def installation_id(db: Pool | Connection) -> str:
    """16 hexadecimal digits that no two databases share, and that a restored copy shares with its original."""
    found: str = await db.fetchval(_ID)
    return found


async def installed_at(pool: Pool) -> datetime:
    """When this installation's database was first made (UTC). Raises DatabaseUnavailable."""
    [row] = await read_rows(pool, _BEGUN)
    found: datetime = row[0]
    return found
