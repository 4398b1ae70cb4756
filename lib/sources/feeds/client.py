"""The feeds of the settings as a source of posts: one stream a feed, read whole at each visit. It does not know what is
stored or when to read.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import msgspec

from lib.domain.posts import Post
from lib.errors import Denied, Malformed
from lib.settings import Settings
from lib.sources.access import Access
from lib.sources.declared import user_agent
from lib.sources.feeds.document import Document, Item, Unreadable, read_document
from lib.sources.feeds.memory import Memory, recall, visited
from lib.sources.feeds.wire import SOURCE, Answer, Known, Limits, Wire
from lib.sources.newest import Fresh, take
from lib.sources.patience import Patience, patiently
from lib.sources.posts import Cursor, Page

PATIENCE = Patience(attempts=2, first_wait_s=1, longest_s=20)

_LIMITS = Limits()
_LONGEST_ID = 500
_ACCEPT = "application/atom+xml, application/rss+xml, application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Feeds:
    """A PostSource of `addresses`, each by the name of its feed."""

    name = SOURCE
    concurrency = 4

    def __init__(self, addresses: Mapping[str, str], wire: Wire, *, patience: Patience = PATIENCE) -> None:
        self._addresses = {f"articles/{name}": address for name, address in addresses.items()}
        self._wire = wire
        self._patience = patience

    def streams(self) -> Sequence[str]:
        """`articles/<name>` of each feed."""
        return tuple(self._addresses)

    async def pages(self, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page, None]:
        """One page with what is new or said differently; none while the feed asks to be left alone.

        Raises RateLimited, Denied, Unavailable or Malformed, each for this stream.
        """
        memory = recall(cursor, self._addresses[stream])
        if memory.rest_until is not None and self._wire.now() < memory.rest_until:
            return
        answer, document = await patiently(lambda: self._ask(stream, memory), self._patience)
        memory = msgspec.structs.replace(
            memory, lives_at=answer.lives_at, etag=answer.known.etag, modified=answer.known.modified
        )
        if document is None:
            newest = msgspec.structs.replace(memory.newest, read_at=answer.at)
            after = visited(memory, newest, answer.fresh_for, memory.ttl)
            since = memory.newest.since(answer.at)
            yield Page(start=since, end=answer.at, cursor=after.as_cursor(), asked=answer.asked)
            return
        taken = take(memory.newest, document.items, answer.at, moved_on="the feed had moved on")
        name = stream.partition("/")[2]
        posts = tuple(_post(name, fresh) for fresh in taken.fresh if fresh.item.title or fresh.item.text)
        yield Page(
            start=taken.since,
            end=answer.at,
            cursor=visited(memory, taken.newest, answer.fresh_for, document.ttl).as_cursor(),
            posts=posts,
            received=len(taken.fresh),
            asked=answer.asked,
            dropped={"without words": len(taken.fresh) - len(posts)},
            lost=taken.lost,
        )

    async def _ask(self, stream: str, memory: Memory) -> tuple[Answer, Document | None]:
        try:
            answer = await self._wire.ask(stream, memory.lives_at, Known(memory.etag, memory.modified))
        except Denied:
            if memory.lives_at == memory.configured:
                raise
            # a redirect that was permanent once is not for ever
            answer = await self._wire.ask(stream, memory.configured, Known())
        if answer.body is None:
            return answer, None
        try:
            # relative to the address in the settings, so that identities stay when the feed moves
            return answer, await asyncio.to_thread(
                read_document, answer.body, answer.content_type, self._addresses[stream]
            )
        except Unreadable as error:
            raise Malformed(
                SOURCE, f"{answer.lives_at} cannot be read: {error}.", stream=stream,
                hint="If it never was a feed, correct its address in INSITECHART_FEEDS.",
            ) from None  # fmt: skip


@asynccontextmanager
async def opened(
    settings: Settings,
    access: Access,
    *,
    limits: Limits = _LIMITS,
    patience: Patience = PATIENCE,
    now: Callable[[], datetime] = _utc_now,
) -> AsyncIterator[Feeds]:
    """The feeds that `settings` name, with connections that are closed on leaving."""
    addresses = dict(feed.split("=", 1) for feed in settings.feeds)
    async with httpx.AsyncClient(
        headers={"User-Agent": user_agent(settings), "Accept": _ACCEPT}, timeout=limits.step_s
    ) as client:
        yield Feeds(addresses, Wire(client, access, limits, now), patience=patience)


def _post(name: str, fresh: Fresh[Item]) -> Post:
    item = fresh.item
    ident = f"{name}:{item.ident}"
    if len(ident) > _LONGEST_ID:
        ident = f"{name}:{hashlib.blake2b(item.ident.encode(), digest_size=32).hexdigest()}"
    return Post(
        source=SOURCE,
        external_id=ident,
        author=item.author,
        published_at=fresh.published_at,
        lang=item.lang,
        title=item.title,
        text=item.text,
        url=item.url,
    )
