"""Writes changes of symbols. A company that changes its symbol stays one listing: its id, and all that hangs on it.

Where only the old symbol is listed, that listing takes the new one. Where the new one is, it is told what it was called
before, and whoever is listed under the old symbol stays as he is: exchanges give symbols away again.
"""

from collections.abc import Sequence
from typing import NamedTuple

from lib.db.ingest import Written
from lib.db.pool import Connection
from lib.domain.symbols import Rename

# not who was listed under the symbol later, nor who had left it before
_RENAME = """
UPDATE symbols AS known SET symbol = $2, delisted_on = nullif(delisted_on, $3::date), updated_at = clock_timestamp()
WHERE symbol = $1 AND coalesce(listed_on < $3, true) AND coalesce(delisted_on >= $3, true)
  AND NOT EXISTS (SELECT FROM symbols WHERE symbol = $2)
  AND NOT EXISTS (SELECT FROM former_symbols WHERE symbol = $2 AND until > $3)
"""

# who had the symbol $1 on the day $2: who gave it up later, or else who has it
_HOLDER = """
SELECT coalesce(
    (SELECT symbol_id FROM former_symbols WHERE symbol = $1 AND until > $2 ORDER BY until LIMIT 1),
    (SELECT id FROM symbols WHERE symbol = $1)
)
"""

_NOTE = """
INSERT INTO former_symbols AS known (symbol, until, symbol_id) VALUES ($1, $2, $3)
ON CONFLICT (symbol, until) DO UPDATE SET symbol_id = EXCLUDED.symbol_id
WHERE known.symbol_id <> EXCLUDED.symbol_id
RETURNING (xmax = 0) AS is_new
"""

_TOUCH = "UPDATE symbols SET updated_at = clock_timestamp() WHERE id = $1"


class Renamed(NamedTuple):
    """What became of renames; `unknown` are those of whose two symbols neither is listed."""

    written: Written
    unknown: list[Rename]


async def store_renames(conn: Connection, renames: Sequence[Rename]) -> Renamed:
    """Stores changes of symbols, in whatever order they come. Storing them again changes nothing."""
    by_date = sorted(renames, key=lambda rename: rename.on)
    for rename in by_date:
        await conn.execute(_RENAME, rename.old, rename.new, rename.on)
    new = changed = 0
    unknown: list[Rename] = []
    # the last change first: it says whose an earlier one was
    for rename in reversed(by_date):
        holder = await conn.fetchval(_HOLDER, rename.new, rename.on)
        if holder is None:
            unknown.append(rename)
            continue
        row = await conn.fetchrow(_NOTE, rename.old, rename.on, holder)
        if row is not None:
            new += row["is_new"]
            changed += not row["is_new"]
            await conn.execute(_TOUCH, holder)
    return Renamed(Written(new, changed, len(renames) - new - changed - len(unknown)), unknown)
