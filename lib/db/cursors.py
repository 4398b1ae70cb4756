"""How far a reader got in a stream. It does not know what a position means: each source writes its own."""

from typing import Any

import msgspec

from lib.db.pool import Connection, Pool

_READ = "SELECT position::text FROM cursors WHERE source = $1 AND stream = $2"

_SAVE = """
INSERT INTO cursors (source, stream, position) VALUES ($1, $2, $3::text::jsonb)
ON CONFLICT (source, stream) DO UPDATE SET position = EXCLUDED.position, updated_at = clock_timestamp()
WHERE cursors.position IS DISTINCT FROM EXCLUDED.position
"""


async def read_cursor(conn: Pool | Connection, source: str, stream: str) -> dict[str, Any] | None:
    """The saved position, or None where nothing was read yet."""
    found = await conn.fetchval(_READ, source, stream)
    return None if found is None else msgspec.json.decode(found, type=dict[str, Any])


async def save_cursor(conn: Connection, source: str, stream: str, position: dict[str, Any]) -> None:
    """Saves `position` (anything JSON can hold). To be called in the transaction that stores what was read."""
    await conn.execute(_SAVE, source, stream, msgspec.json.encode(position).decode())
