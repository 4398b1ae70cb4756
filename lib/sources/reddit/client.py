"""Reddit as a source of posts: which streams there are, page after page of one, and a second look at what we hold.

It does not know what is stored, or when to ask.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from lib.settings import Settings
from lib.sources.access import Access
from lib.sources.posts import Cursor, Page, Verified, Volume
from lib.sources.reddit.asking import Asking
from lib.sources.reddit.items import is_fullname
from lib.sources.reddit.reading import Looking, Reading
from lib.sources.reddit.requestor import Manners
from lib.sources.reddit.verdicts import SOURCE
from lib.sources.reddit.walking import AT_ONCE, FEEDS, MOST_PAGES, Walking

_MANNERS = Manners()


class Reddit:
    """A PostSource that also Backfills and Verifies. Made in the event loop that asks; use `async with`."""

    name = SOURCE
    at_once = AT_ONCE

    def __init__(self, settings: Settings, access: Access, manners: Manners = _MANNERS) -> None:
        self.concurrency = manners.at_once
        self._asking = Asking(settings, access, manners)
        self._walking = Walking(self._asking, manners.patience)
        # Reddit does not tell capitals apart, and people write r/stocks
        names = (name.removeprefix("/").removeprefix("r/").lower() for name in settings.reddit_subreddits)
        self._streams = tuple(f"{feed}/{name}" for name in dict.fromkeys(names) for feed in FEEDS)

    async def __aenter__(self) -> Self:
        await self._asking.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._asking.__aexit__(kind, error, trace)

    def streams(self) -> Sequence[str]:
        """`submissions/<subreddit>` and `comments/<subreddit>`, in lower case."""
        return self._streams

    async def pages(self, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page, None]:
        """As PostSource.pages: newest first, and only the last page has a cursor. Never read: the whole listing."""
        reading = Reading(cursor)
        async with aclosing(self._walking.listings(stream, reading.is_doubtful)) as listings:
            async for listing in listings:
                page = reading.page(listing)
                yield page
                if page.cursor is not None:
                    return

    def reach(self, stream: str) -> timedelta | None:
        """As Backfills.reach: as far as the listing goes, which is a number of things and not a time."""
        return None

    def volume(self, stream: str, start: datetime, end: datetime) -> Volume:
        """As Backfills.volume: nobody can say how many posts; no more calls than a whole listing takes."""
        return Volume(posts=None, calls=MOST_PAGES)

    async def past(
        self, stream: str, start: datetime, end: datetime, cursor: Cursor | None
    ) -> AsyncGenerator[Page, None]:
        """As Backfills.past: newest first, as far as the listing goes; the rest is lost."""
        looking = Looking(start, end, cursor)
        async with aclosing(self._walking.listings(stream)) as listings:
            async for listing in listings:
                page, more = looking.page(listing)
                yield page
                if not more:
                    return

    async def verify(self, external_ids: Sequence[str]) -> Verified:
        """As Verifies.verify. What Reddit does not know any more is gone if it says so twice, for that is final."""
        wanted = [name for name in external_ids if is_fullname(name)][:AT_ONCE]
        if not wanted:
            return Verified(asked=0)
        found = await self._walking.named(wanted)
        items = {item.name: item for item in found.items}
        unknown = [name for name in wanted if name not in items]
        asked = found.asked
        if unknown:
            found = await self._walking.named(unknown)
            items |= {item.name: item for item in found.items}
            asked += found.asked
        held = [items.get(name) for name in wanted]
        return Verified(
            posts=tuple(item.post for item in held if item is not None and item.post is not None),
            gone=tuple(name for name, item in zip(wanted, held, strict=True) if item is None or item.is_gone),
            asked=asked,
        )
