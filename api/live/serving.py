"""A server that ends with streams open: they are told to end first, and whoever does not read is not waited for. It
does not know what is streamed.

Uvicorn waits for open answers before it lets the application end, and a stream never ends by itself. It also keeps a
connection that it has closed until the client has read what is left; one that reads nothing would stay for hours.
"""

import asyncio
import resource
import socket
from collections.abc import Callable
from time import monotonic

import uvicorn

from api.garbage import keep_for_good
from api.live.feed import Feed

GRACE_S = 1.0
LINGER_S = 10.0
_SWEEP_EVERY = 20
# files of a process besides its streams: the database, logs, other requests
_OTHER_FILES = 512


class StreamingServer(uvicorn.Server):
    """`feed` returns what the streams hang on, where there is any."""

    def __init__(self, config: uvicorn.Config, feed: Callable[[], Feed | None]) -> None:
        super().__init__(config)
        self._feed = feed
        self._closing: dict[asyncio.Transport, float] = {}

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        keep_for_good()

    async def on_tick(self, counter: int) -> bool:
        if counter % _SWEEP_EVERY == 0:
            self._sweep(LINGER_S)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        feed = self._feed()
        if feed is not None:
            feed.close()
        ending = asyncio.create_task(self._end(feed))
        try:
            await super().shutdown(sockets)
        finally:
            ending.cancel()

    async def _end(self, feed: Feed | None) -> None:
        await asyncio.sleep(GRACE_S)
        if feed is not None:
            feed.cut()
        while True:
            self._sweep(GRACE_S)
            await asyncio.sleep(GRACE_S / 4)

    def _sweep(self, patience_s: float) -> None:
        """Aborts connections that were closed so long ago and still have something to send."""
        now = monotonic()
        closing = {
            transport: self._closing.get(transport, now)
            for connection in self.server_state.connections
            if isinstance(transport := getattr(connection, "transport", None), asyncio.Transport)
            and transport.is_closing()
        }
        for transport, since in closing.items():
            if now - since >= patience_s:
                transport.abort()
        self._closing = closing


def allow_open_files(streams: int) -> None:
    """Raises this process's limit of open files, as far as the system lets it, so that so many streams fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = streams + _OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
