"""Reads listings. Writing them is lib/db/ingest/symbols.py; finding one by what a person typed is lib/search."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg

from lib.db.pool import Connection, Pool
from lib.domain.symbols import Former, Listing

_VERSION = "SELECT count(*) AS listings, max(updated_at) AS changed FROM symbols"

_ALL = """
SELECT id, symbol, name, name_ko, aliases, exchange, currency, kind, listed_on, delisted_on, sample,
       ARRAY(SELECT (f.symbol, f.until) FROM former_symbols f WHERE f.symbol_id = s.id ORDER BY f.until DESC) AS former
FROM symbols s ORDER BY id
"""

_THESE = """
SELECT id, symbol, name, name_ko, aliases, exchange, currency, kind, listed_on, delisted_on, sample,
       ARRAY(SELECT (f.symbol, f.until) FROM former_symbols f WHERE f.symbol_id = s.id ORDER BY f.until DESC) AS former
FROM symbols s WHERE symbol = ANY($1::text[]) ORDER BY id
"""

_ID = "SELECT id FROM symbols WHERE symbol = $1"


class SymbolsVersion(NamedTuple):
    """Differs whenever any listing was added, changed or removed."""

    listings: int
    changed: datetime | None


async def symbols_version(db: Pool | Connection) -> SymbolsVersion:
    """The version of the listings, cheap enough to ask before each use of something built from them."""
    row = await db.fetchrow(_VERSION)
    assert row is not None
    return SymbolsVersion(row["listings"], row["changed"])


async def all_listings(db: Pool | Connection) -> dict[int, Listing]:
    """Every listing by its id, in the order of the ids."""
    return {row["id"]: listing_of(row) for row in await db.fetch(_ALL)}


async def listings_of(db: Pool | Connection, symbols: Sequence[str]) -> list[Listing]:
    """Those of `symbols` that are listed."""
    return [listing_of(row) for row in await db.fetch(_THESE, list(symbols))]


def listing_of(row: asyncpg.Record) -> Listing:
    """The listing in a row that has the columns of the table, whatever else it has; `former` where the row has it."""
    return Listing(
        symbol=row["symbol"],
        name=row["name"],
        name_ko=row["name_ko"],
        aliases=tuple(row["aliases"]),
        exchange=row["exchange"],
        currency=row["currency"],
        kind=row["kind"],
        listed_on=row["listed_on"],
        delisted_on=row["delisted_on"],
        sample=row["sample"],
        former=tuple(Former(*former) for former in row.get("former", ())),
    )


async def symbol_id(db: Pool | Connection, symbol: str) -> int | None:
    """The id of the listing with exactly this symbol, or None."""
    found: int | None = await db.fetchval(_ID, symbol)
    return found
