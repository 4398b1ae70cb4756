"""Watchlists: named lists of symbols in an order, each of one person. It does not know who may see them.

Every statement names the person, so that nobody reaches what is another's. A list has a version: whoever changes one
says which version was read, and a change in between is never overwritten in silence.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from lib.db.pool import Pool
from lib.db.reading import read_rows
from lib.db.users.accounts import stand_in_line
from lib.db.writing import transaction
from lib.domain.watchlists import MOST_WATCHLISTS
from lib.errors import Conflict

_LISTS = """
SELECT w.id, w.name, w.is_default, w.version, w.created_at, w.updated_at,
       ARRAY(SELECT s.symbol FROM watchlist_symbols i JOIN symbols s ON s.id = i.symbol_id
             WHERE i.watchlist_id = w.id ORDER BY i.position) AS symbols
FROM watchlists w
WHERE w.user_id = $1 AND ($2::uuid IS NULL OR w.id = $2)
ORDER BY w.is_default DESC, w.created_at, w.id
"""

_COUNT = "SELECT count(*) FROM watchlists WHERE user_id = $1"

_VERSION = "SELECT version FROM watchlists WHERE user_id = $1 AND id = $2"

_NO_OTHER_DEFAULT = """
UPDATE watchlists SET is_default = false, version = version + 1, updated_at = clock_timestamp()
WHERE user_id = $1 AND is_default AND id IS DISTINCT FROM $2
"""

_ADD = "INSERT INTO watchlists (user_id, name, is_default) VALUES ($1, $2, $3) RETURNING id"

_CHANGE = """
UPDATE watchlists
SET name = coalesce($3, name), is_default = coalesce($4, is_default), version = version + 1,
    updated_at = clock_timestamp()
WHERE user_id = $1 AND id = $2
"""

_EMPTY = "DELETE FROM watchlist_symbols WHERE watchlist_id = $1"

_FILL = """
INSERT INTO watchlist_symbols (watchlist_id, symbol_id, position)
SELECT $1, s.id, n.position
FROM unnest($2::text[]) WITH ORDINALITY AS n (symbol, position) JOIN symbols s USING (symbol)
"""

_REMOVE = "DELETE FROM watchlists WHERE user_id = $1 AND id = $2 RETURNING id"

_UNLISTED = """
SELECT symbol FROM unnest($1::text[]) AS n (symbol) WHERE NOT EXISTS (SELECT FROM symbols s WHERE s.symbol = n.symbol)
"""


class Watchlist(NamedTuple):
    """A list; moments are UTC."""

    id: UUID
    name: str
    is_default: bool
    version: int
    created_at: datetime
    updated_at: datetime
    symbols: list[str]


async def watchlists_of(pool: Pool, user_id: UUID) -> list[Watchlist]:
    """Every list of a person, the default one first, then the oldest. Raises as read_rows."""
    return [Watchlist(*row) for row in await read_rows(pool, _LISTS, user_id, None)]


async def watchlist_of(pool: Pool, user_id: UUID, watchlist_id: UUID) -> Watchlist | None:
    """The list with this id, if it is this person's. Raises as read_rows."""
    rows = await read_rows(pool, _LISTS, user_id, watchlist_id)
    return Watchlist(*rows[0]) if rows else None


async def unlisted(pool: Pool, symbols: Sequence[str]) -> list[str]:
    """Those of `symbols` that no listing has. Raises as read_rows."""
    return [row["symbol"] for row in await read_rows(pool, _UNLISTED, list(symbols))]


async def add_watchlist(pool: Pool, user_id: UUID, name: str, symbols: Sequence[str], *, is_default: bool) -> UUID:
    """Makes a list of `symbols`, each of them listed and none twice. Raises Conflict where there are enough, or one of
    that name; as transaction.
    """
    try:
        async with transaction(pool) as conn:
            await stand_in_line(conn, user_id)
            if await conn.fetchval(_COUNT, user_id) >= MOST_WATCHLISTS:
                raise Conflict(
                    f"There are {MOST_WATCHLISTS} watchlists, and no more are kept.", hint="Delete one, or change it."
                )
            if is_default:
                await conn.execute(_NO_OTHER_DEFAULT, user_id, None)
            made: UUID = await conn.fetchval(_ADD, user_id, name, is_default)
            await conn.execute(_FILL, made, list(symbols))
            return made
    except asyncpg.UniqueViolationError:
        raise _same_name(name) from None


async def change_watchlist(
    pool: Pool,
    user_id: UUID,
    watchlist_id: UUID,
    version: int,
    *,
    name: str | None = None,
    symbols: Sequence[str] | None = None,
    is_default: bool | None = None,
) -> bool:
    """Changes what is given, if the list still has `version`; False where it has another, or is not there. Raises
    Conflict for a name that another list has; as transaction.
    """
    try:
        async with transaction(pool) as conn:
            await stand_in_line(conn, user_id)
            if await conn.fetchval(_VERSION, user_id, watchlist_id) != version:
                return False
            if is_default:
                await conn.execute(_NO_OTHER_DEFAULT, user_id, watchlist_id)
            await conn.execute(_CHANGE, user_id, watchlist_id, name, is_default)
            if symbols is not None:
                await conn.execute(_EMPTY, watchlist_id)
                await conn.execute(_FILL, watchlist_id, list(symbols))
    except asyncpg.UniqueViolationError:
        raise _same_name(name or "") from None
    return True


async def remove_watchlist(pool: Pool, user_id: UUID, watchlist_id: UUID) -> bool:
    """Removes the list; False where it is not this person's, or not there. Raises as transaction."""
    async with transaction(pool) as conn:
        return await conn.fetchval(_REMOVE, user_id, watchlist_id) is not None


def _same_name(name: str) -> Conflict:
    return Conflict(f"There is a watchlist {name!r} already.", hint="Choose another name; case makes no difference.")
