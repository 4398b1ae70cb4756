"""What a person does with watchlists: makes, changes and deletes them. It does not know HTTP, nor how they are kept.

Every function takes the person's id, and what belongs to somebody else is not there.
"""

import unicodedata
from collections.abc import Sequence
from uuid import UUID

from lib.db.pool import Pool
from lib.db.watchlists import (
    Watchlist,
    add_watchlist,
    change_watchlist,
    remove_watchlist,
    unlisted,
    watchlist_of,
)
from lib.domain.symbols import parse_symbol
from lib.domain.watchlists import LONGEST_NAME, MOST_SYMBOLS
from lib.errors import BadField, Conflict, NotThere


async def get_watchlist(pool: Pool, user_id: UUID, watchlist_id: UUID) -> Watchlist:
    """One of the person's lists. Raises NotThere."""
    found = await watchlist_of(pool, user_id, watchlist_id)
    if found is None:
        raise _not_there()
    return found


async def make_watchlist(
    pool: Pool, user_id: UUID, name: str, symbols: Sequence[str], *, is_default: bool
) -> Watchlist:
    """A new list. Raises BadField for a name or a symbol that cannot be used, Conflict for one too many, or a name that
    another one has.
    """
    checked = await _symbols(pool, symbols)
    made = await add_watchlist(pool, user_id, _name(name), checked, is_default=is_default)
    return await get_watchlist(pool, user_id, made)


async def edit_watchlist(
    pool: Pool,
    user_id: UUID,
    watchlist_id: UUID,
    version: int,
    *,
    name: str | None = None,
    symbols: Sequence[str] | None = None,
    is_default: bool | None = None,
) -> Watchlist:
    """Changes what is given of the list that was read with `version`. Raises as make_watchlist; NotThere, and Conflict
    where it was changed meanwhile.
    """
    await get_watchlist(pool, user_id, watchlist_id)
    checked = None if symbols is None else await _symbols(pool, symbols)
    new_name = None if name is None else _name(name)
    if not await change_watchlist(
        pool, user_id, watchlist_id, version, name=new_name, symbols=checked, is_default=is_default
    ):
        raise Conflict("The watchlist was changed meanwhile.", hint="Read it again, and change what you find.")
    return await get_watchlist(pool, user_id, watchlist_id)


async def drop_watchlist(pool: Pool, user_id: UUID, watchlist_id: UUID) -> None:
    """Deletes a list. Raises NotThere."""
    if not await remove_watchlist(pool, user_id, watchlist_id):
        raise _not_there()


async def _symbols(pool: Pool, texts: Sequence[str]) -> list[str]:
    """As they are written, in their order, each once."""
    try:
        symbols = list(dict.fromkeys(parse_symbol(text) for text in texts))
    except ValueError as error:
        raise _bad_symbols(f"{error}.") from None
    if len(symbols) > MOST_SYMBOLS:
        raise BadField("symbols", "These are too many symbols.", accepted=f"at most {MOST_SYMBOLS}")
    unknown = await unlisted(pool, symbols)
    if unknown:
        more = f", and {len(unknown) - 3} more" if len(unknown) > 3 else ""
        raise _bad_symbols(f"No stock has the symbol {', '.join(map(repr, unknown[:3]))}{more}.")
    return symbols


def _bad_symbols(message: str) -> BadField:
    return BadField("symbols", message, accepted="symbols of GET /api/v1/stocks")


def _name(text: str) -> str:
    name = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise BadField("name", "The name cannot be used.", accepted=f"1 to {LONGEST_NAME} characters of one line")
    return name


def _not_there() -> NotThere:
    return NotThere("There is no such watchlist.", hint="See them: GET /api/v1/users/me/watchlists")
