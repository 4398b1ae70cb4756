"""Yahoo's bars as one of the sources there are, asked in haste; it has no posts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lib.sources.declared import Declaration, Opening
from lib.sources.posts import PostSource


@asynccontextmanager
async def _open(opening: Opening) -> AsyncIterator[PostSource]:
    from lib.sources.yahoo.client import Yahoo
    from tests.support.haste import HASTE

    async with Yahoo(opening.settings.home / "cache" / "yfinance", opening.access, HASTE) as yahoo:
        yield yahoo


DECLARATION = Declaration(name="yahoo", title="Yahoo", brings="bars", open=_open)
