"""Opens a source with all that it shares with other workers: turns, money, circuit, and what to listen for.

It does not know any source by name; lib/sources/registry.py does.
"""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import NamedTuple

from lib.collect.access import SharedAccess
from lib.collect.circuits import shared_gate
from lib.collect.gate import Gate
from lib.db.pool import Pool
from lib.db.symbols import all_listings, listings_of
from lib.domain.symbols import Listing
from lib.errors import ConfigurationError
from lib.settings import Settings
from lib.sources.access import Access
from lib.sources.declared import Declaration, Opening
from lib.sources.interest import Interest
from lib.sources.posts import PostSource
from lib.sources.registry import declaration, declarations
from lib.tickers.resolver import Resolver

# a stock that nobody has listed yet is talked about, too
_CASHTAG = re.compile(r"(?<![\w$])\$[A-Z]{1,6}(?!\w)")


class Opened(NamedTuple):
    """A source that can be asked, what it declares, the gate that says whether it may be, and its right to ask.

    `verify_for` is the age up to which its posts are looked at again; None: any.
    """

    declared: Declaration
    source: PostSource
    gate: Gate
    access: Access
    verify_for: timedelta | None = None


def why_not(declared: Declaration, settings: Settings) -> str | None:
    """Why a source is not asked under `settings`, in one sentence; None where it is."""
    if declared.name in settings.sources_off:
        return f"{declared.name} is switched off by INSITECHART_SOURCES_OFF."
    missing = declared.missing(settings)
    return f"{declared.name} is not configured: {', '.join(missing)}." if missing else None


def configured(settings: Settings) -> list[Declaration]:
    """The sources that are asked under `settings`."""
    return [declared for declared in declarations() if why_not(declared, settings) is None]


@asynccontextmanager
async def open_source(pool: Pool, settings: Settings, name: str) -> AsyncIterator[Opened]:
    """The source `name`, until left. Raises ConfigurationError where it does not exist or is not asked."""
    declared = declaration(name)
    reason = why_not(declared, settings)
    if reason is not None:
        raise ConfigurationError(reason, hint="`insitechart sources` shows what each source needs.")
    access = SharedAccess.of(pool, declared, settings)
    gate = await shared_gate(pool, name, access.credential)
    interest = await _interest(pool, settings, everything=declared.poll is None)
    async with declared.open(Opening(settings, access, interest)) as source:
        yield Opened(declared, source, gate, access, declared.verify_for(settings))


async def _interest(pool: Pool, settings: Settings, *, everything: bool) -> Interest:
    known = {listing.symbol: listing for listing in await listings_of(pool, settings.watchlist)}
    watched = [known.get(symbol) or Listing(symbol=symbol, name=symbol) for symbol in settings.watchlist]
    if not everything:
        return Interest(watched=watched)
    listings = [*(await all_listings(pool)).values(), *(listing for listing in watched if listing.symbol not in known)]
    return Interest(watched=watched, concerns=_Concerns(listings))


class _Concerns:
    def __init__(self, listings: Sequence[Listing]) -> None:
        self._resolver = Resolver(listings)

    def __call__(self, text: str, lang: str | None) -> bool:
        if "$" in text and _CASHTAG.search(text):
            return True
        return any(True for _ in self._resolver.resolve(text, lang=lang))
