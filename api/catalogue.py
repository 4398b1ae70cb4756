"""The listings in memory, and what is built from them: search by name, and recognition in texts. It does not know
routes.

Whether a listing changed is asked at most every FRESH_S; a new index is built beside the loop while nobody waits twice.
"""

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

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

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lock = asyncio.Lock()
        self._asked_at = -FRESH_S
        self._version: SymbolsVersion | None = None
        self._listings: Mapping[int, Listing] = {}
        self._built: dict[str, Any] = {}

    async def listings(self) -> Mapping[int, Listing]:
        """Every listing by its id, at most FRESH_S old."""
        async with self._lock:
            await self._refresh()
            return self._listings

    async def search_index(self) -> "SearchIndex":
        """Finds listings by what a person typed."""
        from lib.search.index import SearchIndex  # a first search pays for it, not the start

        return await self._derived("search", SearchIndex)

    async def resolver(self) -> "Resolver":
        """Finds the listings that a text is about."""
        from lib.tickers.resolver import Resolver  # a first analysis pays for it, not the start

        return await self._derived("resolver", lambda listings: Resolver(listings.values()))

    async def _derived(self, name: str, build: Callable[[Mapping[int, Listing]], Built]) -> Built:
        async with self._lock:
            await self._refresh()
            if name not in self._built:
                self._built[name] = await asyncio.to_thread(build, self._listings)
            found: Built = self._built[name]
            return found

    async def _refresh(self) -> None:
        if monotonic() - self._asked_at < FRESH_S:
            return
        with database_errors():
            version = await symbols_version(self._pool)
            if version != self._version:
                self._listings = await all_listings(self._pool)
                self._version = version
                self._built.clear()
        self._asked_at = monotonic()
