"""Looks up what people write about and nobody has listed: unknown cashtags of recent posts, the most frequent first.

An exact match becomes a listing, and the posts that carry it wait for another reading; what nobody knows is remembered,
so that it is not asked for every day. It does not know the provider, schedules or Prefect.
"""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import msgspec

from lib.collect.gate import Gate
from lib.db.asking.readers import reading
from lib.db.cursors import read_cursor, save_cursor
from lib.db.ingest.symbols import store_listings
from lib.db.lookups import posts_with_signs, queue_posts_with
from lib.db.pool import Pool
from lib.db.symbols import all_listings
from lib.domain.posts import full_text
from lib.domain.symbols import Listing
from lib.errors import SourceError
from lib.logs import get_logger
from lib.sources.listings import FindsListings
from lib.tickers.resolver import Resolver

log = get_logger(__name__)

STREAM = "listings"

_RECENT = timedelta(hours=24)
_AMONG = 50_000
_READ_AGAIN = 200_000

# what is unknown today may be listed next month; more than so many are not remembered
_UNKNOWN_FOR = timedelta(days=30)
_REMEMBERED = 5_000


class Lookup(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one cashtag that so many posts carry: its listing and how many posts are read again, or None."""

    cashtag: str
    posts: int
    listing: Listing | None = None
    read_again: int = 0


class Lookups(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one run: the cashtags that were answered, how many are left to ask for, and why if asking ended."""

    answered: tuple[Lookup, ...] = ()
    left: int = 0
    reason: str = ""


class _Memory(msgspec.Struct, frozen=True):
    unknown: dict[str, date] = {}

    def without_old(self, today: date) -> "_Memory":
        newest = sorted(self.unknown.items(), key=lambda item: item[1], reverse=True)[:_REMEMBERED]
        return _Memory({cashtag: on for cashtag, on in newest if on > today - _UNKNOWN_FOR})


async def look_up(pool: Pool, source: FindsListings, *, gate: Gate, most: int) -> Lookups | None:
    """Asks `source` for up to `most` unknown cashtags; None where another worker does at the moment.

    What the source refuses is told, never raised; what the database refuses is.
    """
    async with reading(pool, f"{source.name}/{STREAM}", wait=False) as right:
        if right is None:
            return None
        memory = msgspec.convert(await read_cursor(pool, source.name, STREAM) or {}, _Memory)
        memory = memory.without_old(datetime.now(UTC).date())
        wanted = await _wanted(pool, memory)
        answered: list[Lookup] = []
        reason = ""
        for cashtag, posts in wanted.most_common(most):
            closed = gate.closed(STREAM)
            if closed is not None:
                reason = closed.reason
                break
            try:
                found = await source.find_listings(cashtag)
            except SourceError as error:
                await gate.failed(error)
                reason = str(error)
                log.debug("cashtag not looked up", source=source.name, cashtag=cashtag, reason=reason)
                continue
            gate.answered()
            listing = exact_match(cashtag, found)
            if listing is None:
                memory.unknown[cashtag] = datetime.now(UTC).date()
            read_again = await _keep(pool, source.name, memory, cashtag, listing)
            answered.append(Lookup(cashtag=cashtag, posts=posts, listing=listing, read_again=read_again))
        return Lookups(answered=tuple(answered), left=len(wanted) - len(answered), reason=reason)


def exact_match(cashtag: str, found: list[Listing]) -> Listing | None:
    """The listing of exactly this symbol; a Korean code is written without its market.

    >>> exact_match("005930", [Listing(symbol="005930.KS", name="Samsung Electronics Co., Ltd.")]).symbol
    '005930.KS'
    """
    spelt = {cashtag, f"{cashtag}.KS", f"{cashtag}.KQ"}
    return next((listing for listing in found if listing.symbol in spelt), None)


async def _wanted(pool: Pool, memory: _Memory) -> Counter[str]:
    posts = await posts_with_signs(pool, within=_RECENT, among=_AMONG)
    if not posts:
        return Counter()
    listings = await all_listings(pool)

    def count() -> Counter[str]:
        resolver = Resolver(listings.values())
        counts: Counter[str] = Counter()
        for post in posts:
            tags = resolver.unlisted_cashtags(full_text(post.title, post.text))
            to_ask = (next((spelt for spelt in tag if spelt not in memory.unknown), None) for tag in tags)
            counts.update({spelt for spelt in to_ask if spelt is not None})
        return counts

    return await asyncio.to_thread(count)


async def _keep(pool: Pool, source: str, memory: _Memory, cashtag: str, listing: Listing | None) -> int:
    async with pool.acquire() as conn, conn.transaction():
        await save_cursor(conn, source, STREAM, msgspec.to_builtins(memory))
        if listing is None:
            return 0
        await store_listings(conn, [listing])
        return await queue_posts_with(conn, cashtag, among=_READ_AGAIN)
