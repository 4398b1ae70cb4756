"""A played source of posts with a past, as one of the sources there are; `SOURCE` is what every opening gives out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from lib.sources.declared import Declaration, Opening
from lib.sources.posts import PostSource
from tests.support.streams import Remembering

SOURCE = Remembering()


@asynccontextmanager
async def _open(opening: Opening) -> AsyncIterator[PostSource]:
    yield SOURCE


DECLARATION = Declaration(
    name="played", title="Played", brings="what a test wrote", open=_open, poll=timedelta(minutes=1)
)
