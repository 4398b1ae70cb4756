"""Writes listings. It does not find, match or judge them.

What is known is never erased: a None, an empty list of aliases, the default kind, or a name that merely repeats the
symbol says nothing. Nor does a listing under a symbol that was given away again: of its holders the latest is kept.
Real data replaces sample data and clears its mark; sample data never touches a real listing.
"""

from collections.abc import Iterable, Sequence

import msgspec

from lib.db.ingest import Written
from lib.db.pool import Connection
from lib.domain.symbols import Listing

_STORE = """
INSERT INTO symbols AS known (symbol, name, name_ko, aliases, exchange, currency, kind, listed_on, delisted_on, sample)
SELECT symbol, name, name_ko, coalesce(aliases, '{}'), exchange, currency, kind, listed_on, delisted_on, sample
FROM jsonb_to_recordset($1::text::jsonb) AS given (
    symbol text, name text, name_ko text, aliases text[], exchange text, currency text, kind text,
    listed_on date, delisted_on date, sample boolean
)
ORDER BY symbol
ON CONFLICT (symbol) DO UPDATE SET
    name = CASE WHEN EXCLUDED.name = EXCLUDED.symbol THEN known.name ELSE EXCLUDED.name END,
    name_ko = coalesce(EXCLUDED.name_ko, known.name_ko),
    aliases = CASE WHEN EXCLUDED.aliases = '{}' THEN known.aliases ELSE EXCLUDED.aliases END,
    exchange = coalesce(EXCLUDED.exchange, known.exchange),
    currency = coalesce(EXCLUDED.currency, known.currency),
    kind = CASE WHEN EXCLUDED.kind = 'equity' THEN known.kind ELSE EXCLUDED.kind END,
    listed_on = coalesce(EXCLUDED.listed_on, known.listed_on),
    delisted_on = CASE WHEN EXCLUDED.listed_on >= known.delisted_on THEN EXCLUDED.delisted_on
                       ELSE coalesce(EXCLUDED.delisted_on, known.delisted_on) END,
    sample = known.sample AND EXCLUDED.sample,
    updated_at = clock_timestamp()
WHERE (known.sample OR NOT EXCLUDED.sample) AND coalesce(EXCLUDED.delisted_on > known.listed_on, true) AND (
    EXCLUDED.name NOT IN (known.name, EXCLUDED.symbol)
    OR coalesce(EXCLUDED.name_ko, known.name_ko) IS DISTINCT FROM known.name_ko
    OR EXCLUDED.aliases NOT IN (known.aliases, '{}')
    OR coalesce(EXCLUDED.exchange, known.exchange) IS DISTINCT FROM known.exchange
    OR coalesce(EXCLUDED.currency, known.currency) IS DISTINCT FROM known.currency
    OR EXCLUDED.kind NOT IN (known.kind, 'equity')
    OR coalesce(EXCLUDED.listed_on, known.listed_on) IS DISTINCT FROM known.listed_on
    OR coalesce(EXCLUDED.delisted_on, known.delisted_on) IS DISTINCT FROM known.delisted_on
    OR known.sample AND NOT EXCLUDED.sample
)
RETURNING (xmax = 0) AS is_new
"""

_ENSURE = """
INSERT INTO symbols (symbol, name) SELECT missing, missing FROM unnest($1::text[]) AS missing
WHERE NOT EXISTS (SELECT FROM symbols WHERE symbol = missing) ORDER BY missing
ON CONFLICT (symbol) DO NOTHING
RETURNING symbol
"""

# locked against deletion until the caller commits, for bars have no foreign key that would do it
_IDS = "SELECT symbol, id FROM symbols WHERE symbol = ANY($1::text[]) ORDER BY id FOR KEY SHARE"


async def store_listings(conn: Connection, listings: Sequence[Listing]) -> Written:
    """Adds what is not listed yet and refines what is. Of two with the same symbol the later refines the earlier."""
    distinct: dict[str, Listing] = {}
    for listing in listings:
        earlier = distinct.get(listing.symbol)
        distinct[listing.symbol] = listing if earlier is None else _refined(earlier, listing)
    rows = await conn.fetch(_STORE, msgspec.json.encode(list(distinct.values())).decode())
    new = sum(row["is_new"] for row in rows)
    return Written(new, len(rows) - new, len(listings) - len(rows))


async def ensure_listings(conn: Connection, symbols: Iterable[str]) -> list[str]:
    """Lists each symbol that is not listed yet under a name that is the symbol itself; returns those, sorted."""
    return sorted(row["symbol"] for row in await conn.fetch(_ENSURE, sorted(set(symbols))))


async def lock_symbol_ids(conn: Connection, symbols: Iterable[str]) -> dict[str, int]:
    """The ids of those symbols that are listed; none of them can be removed before the transaction ends."""
    return {row["symbol"]: row["id"] for row in await conn.fetch(_IDS, sorted(set(symbols)))}


def _refined(earlier: Listing, later: Listing) -> Listing:
    return Listing(
        symbol=later.symbol,
        name=earlier.name if later.name == later.symbol else later.name,
        name_ko=later.name_ko or earlier.name_ko,
        aliases=later.aliases or earlier.aliases,
        exchange=later.exchange or earlier.exchange,
        currency=later.currency or earlier.currency,
        kind=earlier.kind if later.kind == "equity" else later.kind,
        listed_on=later.listed_on or earlier.listed_on,
        delisted_on=later.delisted_on or earlier.delisted_on,
        sample=earlier.sample and later.sample,
    )
