"""How far the write-ahead log is in the store, as one row a service tells. It does not send any."""

from datetime import datetime
from typing import NamedTuple

from lib.db.pool import Connection, Pool
from lib.db.reading import read_rows

_WRITE = """
INSERT INTO wal_archive (slot, system, timeline, place, state, written_lsn, shipped_lsn, safe_until, slot_bytes,
                         segments, note, observed_at)
VALUES ($1, $2, $3, $4, $5, $6::text::pg_lsn, $7::text::pg_lsn, $8, $9, $10, $11, clock_timestamp())
ON CONFLICT (slot) DO UPDATE
SET system = excluded.system, timeline = excluded.timeline, place = excluded.place, state = excluded.state,
    written_lsn = excluded.written_lsn, shipped_lsn = excluded.shipped_lsn, safe_until = excluded.safe_until,
    slot_bytes = excluded.slot_bytes, segments = excluded.segments, note = excluded.note,
    observed_at = excluded.observed_at
"""

_READ = """
SELECT slot, system, timeline, place, state, written_lsn::text, shipped_lsn::text, safe_until, slot_bytes, segments,
       note, observed_at
FROM wal_archive ORDER BY slot
"""


class WalStanding(NamedTuple):
    """Where the log is, in PostgreSQL's own notation. `safe_until` (UTC): every commit before it is in the store."""

    slot: str
    system: str
    timeline: int
    place: str
    state: str
    written_lsn: str
    shipped_lsn: str
    safe_until: datetime
    slot_bytes: int
    segments: int
    note: str
    observed_at: datetime | None = None


async def write_standing(db: Pool | Connection, standing: WalStanding) -> None:
    """Writes down how it stands now."""
    await db.execute(_WRITE, *standing[:-1])


async def wal_standings(pool: Pool) -> list[WalStanding]:
    """How every service that sends the log stands. Raises DatabaseUnavailable."""
    return [WalStanding(*row) for row in await read_rows(pool, _READ)]
