"""A TCP connection through an HTTP proxy (CONNECT). It does not know what is said through it.

The WebSocket library can do this, too, but loses the connection, and later logs stack traces, when it is left before
the proxy has answered: a proxy that hangs would cost a socket at every attempt.
"""

import asyncio
import base64
import os
import socket

from websockets.exceptions import ProxyError
from websockets.proxy import Proxy


async def tunnel(proxy: Proxy, host: str, port: int, *, agent: str) -> socket.socket:
    """A connected socket to `host`. Raises OSError where the proxy cannot be reached, ProxyError where it refuses."""
    reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
    try:
        writer.write(_question(proxy, host, port, agent))
        try:
            answer = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            raise ProxyError("it does not answer as a proxy does") from None
        version, status, *_ = *answer.split(b"\r\n", 1)[0].split(b" ", 2), b"", b""
        if not version.startswith(b"HTTP/") or not status.startswith(b"2"):
            raise ProxyError(f"it answers {status[:20].decode('latin-1') or 'nothing'}")
        # a copy that outlives the streams, which close theirs
        return socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno()))
    finally:
        writer.transport.abort()


def _question(proxy: Proxy, host: str, port: int, agent: str) -> bytes:
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}", f"User-Agent: {agent}"]
    if proxy.username is not None:
        credentials = base64.b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {credentials}")
    return "\r\n".join([*lines, "", ""]).encode()
