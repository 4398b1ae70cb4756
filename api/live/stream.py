"""The body of one stream: what was missed, then what comes, until one side ends. It does not know who listens besides.

One task writes, another waits for the client to go; nothing is kept for one listener but what its queue holds.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from litestar import Litestar, Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from api.live.encoding import reset_event, retry, status_event
from api.live.feed import Feed
from api.live.listeners import Listener
from api.live.schemas import ResetReason
from api.observed import STREAMED
from api.walls.outer import ABORT
from lib.domain.changes import Position
from lib.errors import DatabaseError

MEDIA_TYPE = "text/event-stream"
HEADERS = {
    # neither kept nor compressed on the way; nginx would else hold events back until it has a buffer full
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
}

# thousands that lost one process must not come to the next one all at once
_RETRY_MS = (1_000, 4_000)

_AGAIN_S = 1.0


class EventStream(Response[bytes]):
    """The answer to a listener that was admitted; it is dismissed when the answer ends, after `lasts_s` seconds if
    it is to end by itself.
    """

    def __init__(
        self,
        feed: Feed,
        listener: Listener,
        *,
        resume: Position | None = None,
        reset: ResetReason | None = None,
        lasts_s: float | None = None,
    ) -> None:
        super().__init__(b"", media_type=MEDIA_TYPE, headers=HEADERS)
        self._body = _Body(feed, listener, resume, reset, lasts_s)

    def to_asgi_response(
        self, app: Litestar | None, request: Request[Any, Any, Any], **given: Any
    ) -> "_StreamingResponse":
        """As Litestar asks for it."""
        headers = {**(given.get("headers") or {}), **HEADERS}
        return _StreamingResponse(self._body, headers)


class _StreamingResponse(ASGIResponse):
    _should_set_content_length = False

    def __init__(self, body: "_Body", headers: dict[str, Any]) -> None:
        super().__init__(headers=headers, media_type=MEDIA_TYPE)
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"][STREAMED] = True
        self._body.abort = (scope.get("extensions") or {}).get(ABORT)
        await super().__call__(scope, receive, send)

    async def send_body(self, send: Send, receive: Receive) -> None:
        await self._body.send_to(send, receive)


class _Body:
    def __init__(
        self,
        feed: Feed,
        listener: Listener,
        resume: Position | None,
        reset: ResetReason | None,
        lasts_s: float | None,
    ) -> None:
        self._feed = feed
        self._listener = listener
        self._resume = resume
        self._reset = reset
        self._lasts_s = lasts_s
        self.abort: Any = None

    async def send_to(self, send: Send, receive: Receive) -> None:
        """Returns when the client is gone, was too slow, or the process ends."""
        listener = self._listener
        leaving = asyncio.create_task(_until_gone(receive, listener))
        loop = asyncio.get_running_loop()
        ending = loop.call_later(self._lasts_s, listener.end, "over") if self._lasts_s is not None else None
        try:
            async with asyncio.timeout(None) as patience:
                listener.on_cut(lambda: self._cut(patience))
                async for block in self._blocks():
                    await send({"type": "http.response.body", "body": block, "more_body": True})
                if listener.ended in ("closing", "over"):
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            # cut off: where it could not be aborted, the server closes the connection of an unfinished answer
            pass
        finally:
            leaving.cancel()
            if ending is not None:
                ending.cancel()
            self._feed.dismiss(listener)

    def _cut(self, patience: asyncio.Timeout) -> None:
        if self.abort is not None:
            self.abort()
        patience.reschedule(0)

    async def _blocks(self) -> AsyncIterator[bytes]:
        feed, listener = self._feed, self._listener
        yield retry(random.randint(*_RETRY_MS))  # noqa: S311 - no secret
        if self._resume is not None and self._reset is None:
            yield status_event(is_known=feed.is_known, position=self._resume)
            async for block in self._missed(self._resume):
                yield block
        else:
            feed.attach(listener)
            yield status_event(is_known=feed.is_known, position=feed.position)
            if self._reset is not None:
                yield reset_event(self._reset, feed.position)
        while (waiting := await listener.take()) is not None:
            yield waiting

    async def _missed(self, position: Position) -> AsyncIterator[bytes]:
        """Everything from `position` up to where the feed is, and there the listener is attached."""
        feed, listener, history = self._feed, self._listener, self._feed.history
        is_known = feed.is_known
        while listener.ended is None:
            if feed.history != history:
                reason: ResetReason = "another-history"
            elif feed.position.seq < position.seq:
                # told by another process already, and soon here
                await _moved(feed)
                continue
            elif feed.position == position:
                break
            else:
                try:
                    page = await feed.page(position, listener.wanted)
                except DatabaseError:
                    if is_known:
                        is_known = False
                        yield status_event(is_known=False, position=position)
                    await _moved(feed)
                    continue
                if page is not None:
                    position = page.position
                    if page.events:
                        yield b"".join(page.events)
                    continue
                reason = "expired"
            feed.attach(listener)
            yield reset_event(reason, feed.position)
            return
        feed.attach(listener)
        if feed.is_known != is_known:
            yield status_event(is_known=feed.is_known, position=position)


async def _moved(feed: Feed) -> None:
    """Waits until the feed got further, for a moment at most: the database may be back without any news."""
    with suppress(TimeoutError):
        await asyncio.wait_for(feed.moved.wait(), _AGAIN_S)


async def _until_gone(receive: Receive, listener: Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.end("gone")
