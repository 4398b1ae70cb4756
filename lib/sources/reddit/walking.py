"""Walks through listings page by page, patiently, and makes sure that no page was left out or came twice. It does not
know accounts and cursors.
"""

import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from urllib.parse import quote

from lib.errors import Malformed
from lib.sources.patience import Patience, patiently
from lib.sources.reddit.asking import Asking
from lib.sources.reddit.listing import Listing, read_listing
from lib.sources.reddit.verdicts import SOURCE, Question

# Reddit gives no more at once
AT_ONCE = 100

# pages of a listing of 1,000 things, each of which begins five before the end of the last
MOST_PAGES = 11

# where each feed stands, with the slashes of praw's own paths; both list the newest first
FEEDS = {"submissions": "new", "comments": "comments/"}
_INFO = "/api/info/"

# a page begins so many things before the end of the one before it, to show that nothing was left out between them; what
# it was to begin after may have been deleted meanwhile, and then it begins still earlier
_JOINTS = (5, 20, 60)


class Walking:
    """Listings through `asking`, each answer worth `patience`."""

    def __init__(self, asking: Asking, patience: Patience) -> None:
        self._asking = asking
        self._patience = patience

    async def listings(
        self, stream: str, is_doubtful: Callable[[Listing], bool] = lambda first: False
    ) -> AsyncGenerator[Listing, None]:
        """The pages of `stream`, the newest first. A first page that is doubtful is asked for once more, and then
        believed. Raises SourceError.
        """
        listing = await self._first(stream, is_doubtful)
        seen: set[str] = set()
        while True:
            yield listing
            seen.update(listing.names)
            if not listing.more:
                return
            listing = await self._following(stream, listing.names, seen)

    async def named(self, names: Sequence[str]) -> Listing:
        """The things of these fullnames, AT_ONCE at most, that Reddit knows. Raises SourceError."""
        question = Question(f"{len(names)} posts by their ids")

        async def ask() -> Listing:
            return read_listing(await self._asking.ask(question, _INFO, id=",".join(names)), question)

        return await self._patiently(ask)

    async def _first(self, stream: str, is_doubtful: Callable[[Listing], bool]) -> Listing:
        async def ask() -> Listing:
            listing = await self._page(stream)
            return (await self._page(stream))._replace(asked=2) if is_doubtful(listing) else listing

        return await self._patiently(ask)

    async def _following(self, stream: str, names: Sequence[str], seen: set[str]) -> Listing:
        joints = itertools.chain(_JOINTS, itertools.repeat(_JOINTS[-1]))

        async def ask() -> Listing:
            joint = max(0, len(names) - 1 - next(joints))
            expected = set(names[joint + 1 :])
            listing = await self._page(stream, after=names[joint])
            found = set(listing.names)
            if (expected and expected.isdisjoint(found)) or (listing.more and found <= seen):
                raise Malformed(SOURCE, f"Reddit's pages do not join when asked for {stream}.", stream=stream)
            return listing

        return await self._patiently(ask)

    async def _page(self, stream: str, **parameters: str) -> Listing:
        feed, _, name = stream.partition("/")
        path = f"/r/{quote(name, safe='')}/{FEEDS[feed]}"
        question = Question(path.strip("/"), stream)
        return read_listing(await self._asking.ask(question, path, limit=AT_ONCE, **parameters), question)

    async def _patiently(self, ask: Callable[[], Awaitable[Listing]]) -> Listing:
        asked = 0

        async def once() -> Listing:
            nonlocal asked
            asked += 1
            return await ask()

        listing = await patiently(once, self._patience)
        return listing._replace(asked=asked - 1 + listing.asked)
