"""The application behind a real server and socket, in this process. It does not know what is asked of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import httpx
from litestar import Litestar

from api.__main__ import server_config
from api.app import create_app
from api.live.feed import Feed
from api.live.serving import StreamingServer
from lib.settings import Settings


class Served(NamedTuple):
    """The running application, and a client of it."""

    app: Litestar
    client: httpx.AsyncClient
    server: StreamingServer
    port: int

    @property
    def feed(self) -> Feed:
        feed: Feed = self.app.state.feed
        return feed


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[Served]:
    """`settings` served on a free port until left."""
    app = create_app(settings)
    server = StreamingServer(server_config(settings, app), lambda: app.state.get("feed"))
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:
            assert not serving.done(), "it ended while starting"
            await asyncio.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", limits=limits) as client:
            yield Served(app, client, server, port)
    finally:
        server.should_exit = True
        await serving
