"""Writes dividends and splits: append-only, a corrected value is a further row. It does not adjust prices by them."""

from collections.abc import Sequence

from lib.db.ingest import Written
from lib.db.ingest.symbols import lock_symbol_ids
from lib.db.pool import Connection
from lib.domain.bars import Action
from lib.errors import UnknownSymbol

_BEGIN = "SELECT begin_observation()"

# two writers of the same symbols in line, so that both cannot append the same value
_IN_LINE = "SELECT id FROM symbols WHERE id = ANY($1::integer[]) ORDER BY id FOR NO KEY UPDATE"

_STORE = """
INSERT INTO corporate_actions (symbol_id, ex_date, kind, value, source, observed_at)
SELECT given.symbol_id, given.ex_date, given.kind, given.value, $5,
       greatest($6::timestamptz, newest.observed_at + INTERVAL '1 microsecond')
FROM unnest($1::integer[], $2::date[], $3::text[], $4::numeric[]) AS given (symbol_id, ex_date, kind, value)
LEFT JOIN LATERAL (
    SELECT a.value, a.observed_at FROM corporate_actions a
    WHERE a.symbol_id = given.symbol_id AND a.ex_date = given.ex_date AND a.kind = given.kind
    ORDER BY a.observed_at DESC LIMIT 1
) AS newest ON true
WHERE newest.value IS DISTINCT FROM given.value
RETURNING NOT EXISTS (
    SELECT FROM corporate_actions a
    WHERE (a.symbol_id, a.ex_date, a.kind)
        = (corporate_actions.symbol_id, corporate_actions.ex_date, corporate_actions.kind)
) AS is_new
"""


async def store_actions(conn: Connection, actions: Sequence[Action], *, source: str) -> Written:
    """Appends each action whose newest known value differs. Of two for the same symbol, kind and date the later one
    counts.

    Raises UnknownSymbol where a symbol has no listing.
    """
    distinct = {(action.symbol, action.ex_date, action.kind): action for action in actions}
    if not distinct:
        return Written(0, 0, 0)
    ids = await lock_symbol_ids(conn, {action.symbol for action in actions})
    for action in actions:
        if action.symbol not in ids:
            raise UnknownSymbol(action.symbol)
    await conn.execute(_IN_LINE, sorted(ids.values()))
    observed_at = await conn.fetchval(_BEGIN)
    kept = list(distinct.values())
    rows = await conn.fetch(
        _STORE,
        [ids[action.symbol] for action in kept],
        [action.ex_date for action in kept],
        [action.kind for action in kept],
        [action.value for action in kept],
        source,
        observed_at,
    )
    new = sum(row["is_new"] for row in rows)
    return Written(new, len(rows) - new, len(actions) - len(rows))
