"""Circuits: a source that refused us is left alone until a person acts. It does not know how one asks.

A circuit belongs to a credential: whoever sets another one has acted, and the new one is asked.
"""

from datetime import datetime
from typing import NamedTuple

from lib.db.pool import Connection, Pool
from lib.db.reading import read_rows

_OPEN = """
INSERT INTO circuits (source, scope, credential, reason, hint) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (source, scope, credential) WHERE closed_at IS NULL DO NOTHING
RETURNING id
"""

_CLOSE = """
UPDATE circuits SET closed_at = clock_timestamp(), closed_by = $2 WHERE source = $1 AND closed_at IS NULL
"""

_OPEN_ONES = """
SELECT source, scope, credential, reason, hint, opened_at FROM circuits
WHERE closed_at IS NULL AND ($1::text IS NULL OR source = $1) ORDER BY source, scope, opened_at
"""


class Circuit(NamedTuple):
    """An open circuit: the whole source where `scope` is empty, else one stream; why, what to do, and since when."""

    source: str
    scope: str
    credential: str
    reason: str
    hint: str
    opened_at: datetime


async def open_circuit(
    db: Pool | Connection, source: str, credential: str, *, scope: str = "", reason: str, hint: str = ""
) -> bool:
    """Opens the circuit; False where it is open already, with its first reason."""
    return await db.fetchval(_OPEN, source, scope, credential, reason, hint) is not None


async def close_circuits(db: Pool | Connection, source: str, *, by: str) -> int:
    """Closes every open circuit of `source`, because `by` (a person, a command) says so. Returns how many."""
    return int((await db.execute(_CLOSE, source, by)).split()[-1])


async def open_circuits(pool: Pool, source: str | None = None) -> list[Circuit]:
    """Every open circuit, those of credentials no longer used included. Raises DatabaseUnavailable."""
    return [Circuit(*row) for row in await read_rows(pool, _OPEN_ONES, source)]
