"""A free source that needs nothing. Its addresses are those of Reddit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lib.sources.declared import Declaration, Opening
from lib.sources.posts import PostSource


@asynccontextmanager
async def opened_by_nobody(opening: Opening) -> AsyncIterator[PostSource]:
    raise AssertionError("who only tells of sources must not open one")
    yield


DECLARATION = Declaration(
    name="free",
    title="Free",
    brings="posts for nothing",
    open=opened_by_nobody,
    addresses=lambda settings: (settings.reddit_url, settings.reddit_oauth_url),
)
