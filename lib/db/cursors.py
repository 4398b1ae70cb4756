"""How far a reader got in a stream, and what it has stored but not accounted for yet. It does not know what a position
means: each source writes its own.
"""

from typing import Any

import msgspec

from lib.db.pool import Connection, Pool
from lib.domain.coverage import Coverage

_READ = "SELECT position::text FROM cursors WHERE source = $1 AND stream = $2"

_SAVE = """
INSERT INTO cursors (source, stream, position) VALUES ($1, $2, $3::text::jsonb)
ON CONFLICT (source, stream) DO UPDATE SET position = EXCLUDED.position, updated_at = clock_timestamp()
WHERE cursors.position IS DISTINCT FROM EXCLUDED.position
"""

_PENDING = "SELECT pending::text FROM cursors WHERE source = $1 AND stream = $2"

_KEEP = """
INSERT INTO cursors (source, stream, position, pending) VALUES ($1, $2, '{}', $3::text::jsonb)
ON CONFLICT (source, stream) DO UPDATE SET pending = EXCLUDED.pending
"""

_DROP = "DELETE FROM cursors WHERE source = $1 AND stream = $2"


async def read_cursor(conn: Pool | Connection, source: str, stream: str) -> dict[str, Any] | None:
    """The saved position, or None where nothing was read yet."""
    found = await conn.fetchval(_READ, source, stream)
    return (None if found is None else msgspec.json.decode(found, type=dict[str, Any])) or None


async def save_cursor(conn: Connection, source: str, stream: str, position: dict[str, Any]) -> None:
    """Saves `position` (anything JSON can hold). To be called in the transaction that stores what was read."""
    await conn.execute(_SAVE, source, stream, msgspec.json.encode(position).decode())


async def pending_account(conn: Pool | Connection, source: str, stream: str) -> Coverage | None:
    """What was stored of the stream and stands in no account yet."""
    found = await conn.fetchval(_PENDING, source, stream)
    return None if found is None else msgspec.json.decode(found, type=Coverage)


async def keep_pending(conn: Connection, source: str, stream: str, account: Coverage | None) -> None:
    """Replaces it. To be called in the transaction that stores what it accounts for, or that records it."""
    await conn.execute(_KEEP, source, stream, None if account is None else msgspec.json.encode(account).decode())


async def drop_cursor(conn: Connection, source: str, stream: str) -> None:
    """Forgets the position of a reading that is over for good."""
    await conn.execute(_DROP, source, stream)
