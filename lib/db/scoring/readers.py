"""Keeps a reader that fits the listings in the database. It does not know what is read with it."""

import asyncio
from collections.abc import Mapping, Sequence

from lib.db.pool import Connection, Pool
from lib.db.symbols import SymbolsVersion, all_listings, symbols_version
from lib.domain.symbols import Listing
from lib.scoring.reader import Reader
from lib.scoring.registry import get_scorer
from lib.tickers.resolver import Resolver


class Readers:
    """Gives the reader for what is listed now, and builds a new one (about a second) only after a listing changed."""

    def __init__(self, scorers: Sequence[str]) -> None:
        """`scorers` name what scores each post. Raises UnknownScorer."""
        self._scorers = [get_scorer(name) for name in scorers]
        self._version: SymbolsVersion | None = None
        self._reader: Reader | None = None

    async def current(self, db: Pool | Connection) -> Reader:
        """The reader to use for the next batch."""
        version = await symbols_version(db)
        if self._reader is None or version != self._version:
            listings = await all_listings(db)
            self._reader = await asyncio.to_thread(self._build, listings)
            self._version = version
        return self._reader

    def _build(self, listings: Mapping[int, Listing]) -> Reader:
        return Reader(listings, Resolver(listings.values()), self._scorers)
