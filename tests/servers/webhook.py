"""A receiver of webhooks on TLS, with certificates for the names that it is asked for. It does not know who sends.

It keeps what came, and answers as it is told to: with a status, a redirect, too much, too slowly, or not at all.
"""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import trustme
from aiohttp import web


@dataclass
class Received:
    """One request as it arrived."""

    host: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answer` makes the answers; `connections` counts what connected at all."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Keeps a request, then answers it."""
        body = await request.read()
        self.received.append(Received(request.host, request.raw_path, dict(request.headers), body))
        return await self.answer(request) if self.answer else web.Response(text="thanks")


class Authority:
    """Issues certificates that are trusted where its own is."""

    def __init__(self) -> None:
        self._ca = trustme.CA()

    def server(self, *names: str) -> ssl.SSLContext:
        """For a server that is known by `names`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*names).configure_cert(context)
        return context

    def write(self, folder: Path) -> Path:
        """Its own certificate, as a file in `folder`."""
        file = folder / "authority.pem"
        self._ca.cert_pem.write_to_path(str(file))
        return file


@contextlib.asynccontextmanager
async def receiving(
    context: ssl.SSLContext | None, *, address: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Receiver]:
    """A receiver at `address`, until left; without a context it speaks plain HTTP."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, auto_decompress=False)
    await runner.setup()
    assert runner.server is not None
    protocols = runner.server

    def connected() -> asyncio.Protocol:
        receiver.connections += 1
        protocol: asyncio.Protocol = protocols()
        return protocol

    server = await asyncio.get_running_loop().create_server(connected, address, port, ssl=context)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        await runner.cleanup()


@contextlib.contextmanager
def receiving_beside(context: ssl.SSLContext) -> Iterator[Receiver]:
    """A receiver in a thread with a loop of its own, for tests whose client keeps this one busy while it waits."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="webhooks", daemon=True)
    thread.start()
    opened = receiving(context)
    try:
        yield asyncio.run_coroutine_threadsafe(opened.__aenter__(), loop).result(30)
    finally:
        asyncio.run_coroutine_threadsafe(opened.__aexit__(None, None, None), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
