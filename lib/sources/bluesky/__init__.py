"""Bluesky through Jetstream, its public stream of everything that is posted: without a key, with deletions.

`client` makes pages, `gathering` fills them and `ends` keeps what is deleted out of them, `reader` goes from host to
host and `hosts` says to which, `line` is one connection, through a `tunnel` where there is a proxy, `events` knows what
is said on it. What is kept, limits and failures: docs/sources/bluesky.md.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lib.sources.declared import Declaration, Opening
from lib.sources.posts import PostSource


@asynccontextmanager
async def _open(opening: Opening) -> AsyncIterator[PostSource]:
    from lib.sources.bluesky.client import Bluesky

    yield Bluesky(opening.settings, opening.access, opening.interest)


DECLARATION = Declaration(
    name="bluesky",
    title="Bluesky (Jetstream)",
    brings="posts about any listing as they are written, edits and deletions",
    open=_open,
    missing=lambda settings: () if settings.bluesky_hosts else ("INSITECHART_BLUESKY_HOSTS",),
    # there is no key: asking other servers is how a person answers a refusal
    credential=lambda settings: ",".join(settings.bluesky_hosts),
)
