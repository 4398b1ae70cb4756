"""A way to put local servers in the place of providers without touching the program under test: environment variables
only.

A CONNECT proxy tunnels every host to one local TLS server whose certificate names the hosts that it stands in for. TLS,
host names and cookies are real. It does not know what the server behind it answers.
"""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import trustme
from aiohttp import web


class Tunnel:
    """CONNECT host:port → 127.0.0.1:`target`, whatever the host; `hosts` lists those asked for, in order."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.hosts: list[str] = []
        self._open: set[asyncio.StreamWriter] = set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one client until either end closes."""
        self._open.add(writer)
        try:
            method, place, *_ = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split(" ", 2)
            if method != "CONNECT":
                writer.write(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
                return
            self.hosts.append(place.rsplit(":", 1)[0])
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # a client that goes away, or a server told to cut the line
        finally:
            self._open.discard(writer)
            writer.close()

    def close(self) -> None:
        """Cuts what is still open."""
        for writer in self._open:
            writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    finally:
        # a reset must arrive as a reset, not as an orderly end
        if reader.exception() is not None:
            writer.transport.abort()
        writer.close()


@contextlib.contextmanager
def stand_in(app: web.Application, hosts: tuple[str, ...], folder: Path) -> Iterator[dict[str, str]]:
    """Serves `app` as each of `hosts` (wildcards allowed) until left, in a thread with a loop of its own.

    Yields the environment variables under which a process, or a library in this one, reaches `app` for any https://
    address. `folder` receives the certificate.
    """
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*hosts).configure_cert(context)
    certificate = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(certificate))

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="stand-in", daemon=True)
    thread.start()
    running = asyncio.run_coroutine_threadsafe(_start(app, context), loop).result(30)
    try:
        yield environment(running.port, certificate)
    finally:
        asyncio.run_coroutine_threadsafe(running.stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def environment(proxy_port: int, certificate: Path) -> dict[str, str]:
    """What HTTP clients read: where the proxy is and whom to trust. Each library has its own idea of the name."""
    proxy = f"http://127.0.0.1:{proxy_port}"
    names = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
    return {
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        **dict.fromkeys(names, str(certificate)),
    }


class _Running(NamedTuple):
    port: int
    tunnel: Tunnel
    proxy: asyncio.Server
    runner: web.AppRunner

    async def stop(self) -> None:
        self.proxy.close()
        self.tunnel.close()
        await self.runner.cleanup()


async def _start(app: web.Application, context: ssl.SSLContext) -> _Running:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    # Nagle's algorithm, which aiohttp switches off, would cost 40 ms an answer
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    tunnel = Tunnel(runner.addresses[0][1])
    proxy = await asyncio.start_server(tunnel.accept, "127.0.0.1", 0)
    return _Running(proxy.sockets[0].getsockname()[1], tunnel, proxy, runner)
