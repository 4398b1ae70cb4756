"""Yahoo's bars as one of the sources there are, asked in haste; it has no posts."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

from lib.sources.declared import Declaration, Opening
from lib.sources.posts import Cursor, Page, PostSource


@asynccontextmanager
async def _open(opening: Opening) -> AsyncIterator[PostSource]:
    from lib.sources.yahoo import Yahoo
    from tests.support.haste import HASTE

    class BarsAlone(Yahoo):
        def streams(self) -> Sequence[str]:
            return ()

        async def pages(self, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page, None]:
            raise AssertionError(f"there is no stream {stream}")
            yield

    async with BarsAlone(opening.settings.home / "cache" / "yfinance", HASTE) as yahoo:
        yield yahoo


DECLARATION = Declaration(name="yahoo", title="Yahoo", brings="bars", open=_open)
