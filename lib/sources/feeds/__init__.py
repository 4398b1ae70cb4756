"""RSS and Atom feeds of publishers, asked for politely and without a key: conditional GET, at the pace that they name.

`wire` asks an address, `document` reads what came, `memory` knows what was there before, `client` puts the three
together as a source of posts. Limits and failures: docs/sources/feeds.md.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from lib.sources.declared import Declaration, Opening
from lib.sources.posts import PostSource

__all__ = ["DECLARATION"]


@asynccontextmanager
async def _open(opening: Opening) -> AsyncIterator[PostSource]:
    # feedparser and httpx take a while to load: whoever merely lists the sources must not pay for it
    from lib.sources.feeds.client import opened

    async with opened(opening.settings, opening.access) as feeds:
        yield feeds


DECLARATION = Declaration(
    name="feeds",
    title="RSS and Atom feeds",
    brings="headlines and summaries of the feeds in INSITECHART_FEEDS",
    open=_open,
    missing=lambda settings: () if settings.feeds else ("INSITECHART_FEEDS",),
    # another address is the way in which a person answers a refusal, so it counts as another credential
    credential=lambda settings: ",".join(settings.feeds),
    poll=timedelta(minutes=5),
    addresses=lambda settings: [feed.partition("=")[2] for feed in settings.feeds],
)
