"""The sample archive in the tables: where it lies in time, what it must not touch, and how all of it goes again.

It does not know the archive's files. Everything of it carries the source `sample`, and its listings a mark.
"""

from datetime import datetime, timedelta

from lib.db.cursors import read_cursor, save_cursor
from lib.db.pool import Connection

SAMPLE = "sample"

_STREAM = "shift"

_REAL_BARS = """
SELECT s.symbol FROM symbols s
WHERE EXISTS (SELECT FROM bars b WHERE b.interval = $1 AND b.symbol_id = s.id AND b.source <> 'sample')
"""

# posts first: that waits for a scoring under way, whose buckets are then seen by the statements that follow
_DROP = {
    "posts": "DELETE FROM posts WHERE source = 'sample'",
    "buckets": "DELETE FROM sentiment_buckets WHERE source = 'sample'",
    "earlier buckets": "DELETE FROM sentiment_bucket_revisions WHERE source = 'sample'",
    "bars": "DELETE FROM bars WHERE source = 'sample'",
    "earlier bars": "DELETE FROM bar_revisions WHERE source = 'sample'",
    "dividends and splits": "DELETE FROM corporate_actions WHERE source = 'sample'",
    "coverage": "DELETE FROM coverage WHERE source = 'sample'",
    "listings": """
        DELETE FROM symbols s WHERE sample
        AND NOT EXISTS (SELECT FROM bars x WHERE x.symbol_id = s.id AND x.interval IN ('1d', '1h', '1m'))
        AND NOT EXISTS (SELECT FROM bar_revisions x WHERE x.symbol_id = s.id AND x.interval IN ('1d', '1h', '1m'))
        AND NOT EXISTS (SELECT FROM corporate_actions x WHERE x.symbol_id = s.id)
        AND NOT EXISTS (SELECT FROM mentions x WHERE x.symbol_id = s.id)
        AND NOT EXISTS (SELECT FROM sentiment_buckets x WHERE x.symbol_id = s.id)
        AND NOT EXISTS (SELECT FROM sentiment_bucket_revisions x WHERE x.symbol_id = s.id)
    """,
}

# a name that real rows hang on stays, as a listing like any other
_UNMARK = "UPDATE symbols SET sample = false, updated_at = clock_timestamp() WHERE sample"

_FORGET_SHIFT = "DELETE FROM cursors WHERE source = 'sample'"


async def settle_shift(conn: Connection, reference: datetime, now: datetime) -> timedelta:
    """How far the sample is moved in time: whole weeks, so that `reference` lies at most one week before `now`.

    Settled on the first load and kept until the sample is dropped, so that loading again moves no row.
    """
    known = await read_cursor(conn, SAMPLE, _STREAM)
    weeks = (now - reference) // timedelta(weeks=1) if known is None else int(known["weeks"])
    await save_cursor(conn, SAMPLE, _STREAM, {"weeks": weeks})
    return timedelta(weeks=weeks)


async def symbols_with_real_bars(conn: Connection, interval: str) -> set[str]:
    """Symbols that have a bar of this interval that is no sample: invented prices must not stand between real ones."""
    return {row["symbol"] for row in await conn.fetch(_REAL_BARS, interval)}


async def drop_sample(conn: Connection) -> dict[str, int]:
    """Removes everything of the sample, what was known of it earlier too; returns how many rows of what."""
    removed = {}
    for what, statement in _DROP.items():
        removed[what] = int((await conn.execute(statement)).split()[-1])
    await conn.execute(_UNMARK)
    await conn.execute(_FORGET_SHIFT)
    return removed
