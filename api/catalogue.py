"""The listings in memory, and what is built from them: search by name, and recognition in texts. It does not know
routes.

Where their version is known (lib/cache/versions.py) they are read again when it has changed, and so are as new as what
is kept under it; else whether one changed is asked at most every FRESH_S. Nobody waits, or asks the database, for what
is fresh. A new index is built beside the loop.
"""

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from api.garbage import keep_more
from lib.cache.versions import Versions
from lib.db.pool import Pool
from lib.db.reading import database_errors
from lib.db.symbols import SymbolsVersion, all_listings, symbols_version
from lib.domain.symbols import Listing

if TYPE_CHECKING:
    from lib.search.index import SearchIndex
    from lib.tickers.resolver import Resolver

FRESH_S = 2.0

Built = TypeVar("Built")


class Catalogue:
    """One per process. Every method raises DatabaseUnavailable when it must ask and cannot."""

    def __init__(self, pool: Pool, versions: Versions) -> None:
        self._pool = pool
        self._versions = versions
        self._lock = asyncio.Lock()
        self._asked_at = -FRESH_S
        self._version: SymbolsVersion | None = None
        self._heard: tuple[str, int] | None = None
        self._listings: Mapping[int, Listing] = {}
        self._built: dict[str, Any] = {}

    async def by_symbol(self) -> Mapping[str, Listing]:
        """Every listing by its symbol, in the order of symbols, as of their known version or at most FRESH_S old."""
        return await self._derived("by_symbol", _by_symbol)

    async def search_index(self) -> "SearchIndex":
        """Finds listings by what a person typed."""
        from lib.search.index import SearchIndex  # a first search pays for it, not the start

        return await self._derived("search", SearchIndex)

    async def resolver(self) -> "Resolver":
        """Finds the listings that a text is about."""
        from lib.tickers.resolver import Resolver  # a first analysis pays for it, not the start

        return await self._derived("resolver", lambda listings: Resolver(listings.values()))

    async def _derived(self, name: str, build: Callable[[Mapping[int, Listing]], Built]) -> Built:
        if name not in self._built or not self._is_fresh():
            async with self._lock:
                await self._refresh()
                if name not in self._built:
                    self._built[name] = await asyncio.to_thread(build, self._listings)
                    keep_more()
        found: Built = self._built[name]
        return found

    def _is_fresh(self) -> bool:
        heard = self._hear()
        return heard == self._heard if heard is not None else monotonic() - self._asked_at < FRESH_S

    def _hear(self) -> tuple[str, int] | None:
        number = self._versions.listings()
        return None if number is None else (self._versions.origin, number)

    async def _refresh(self) -> None:
        if self._is_fresh():
            return
        # heard before it is asked, so that what is read is never older than what was heard
        heard = self._hear()
        with database_errors():
            version = await symbols_version(self._pool)
            if version != self._version:
                self._listings = await all_listings(self._pool)
                self._version = version
                self._built.clear()
        self._asked_at, self._heard = monotonic(), heard


def _by_symbol(listings: Mapping[int, Listing]) -> Mapping[str, Listing]:
    return {listing.symbol: listing for listing in sorted(listings.values(), key=lambda listing: listing.symbol)}
