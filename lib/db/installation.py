"""Tells one installation's database from another's. It does not know any other table."""

from lib.db.pool import Connection, Pool

# made from a secret of the database, and says nothing about it
_ID = "SELECT left(encode(sha256(convert_to('id' || author_salt::text, 'UTF8')), 'hex'), 16) FROM installation"


async def installation_id(db: Pool | Connection) -> str:
    """16 hexadecimal digits that no two databases share, and that a restored copy shares with its original."""
    found: str = await db.fetchval(_ID)
    return found
