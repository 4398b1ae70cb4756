"""Forgets old changes. The newest one always stays, so that whoever has read everything can go on from there."""

from datetime import timedelta

from lib.db.changes.numbering import number_changes
from lib.db.pool import Pool

_PRUNE = """
DELETE FROM changes WHERE at < clock_timestamp() - $1::interval AND seq < (SELECT max(seq) FROM changes)
"""


async def prune_changes(pool: Pool, *, keep: timedelta) -> int:
    """Drops changes numbered longer than `keep` ago; returns how many.

    What nobody has numbered is numbered first: with no API running, what waits for it would pile up.
    """
    async with pool.acquire() as conn:
        await number_changes(conn)
        return int((await conn.execute(_PRUNE, keep)).split()[-1])
