"""HTTP by hand: bytes out, bytes in, for what no client library would send."""

import asyncio
from contextlib import suppress
from typing import NamedTuple


class Raw(NamedTuple):
    """What came back until the server closed or the time was over."""

    status: int
    head: str
    body: bytes
    closed: bool


async def send_raw(address: str, *parts: bytes, pause_s: float = 0.0, patience_s: float = 5.0) -> Raw:
    """Sends `parts` with pauses between them and reads until the connection ends or nothing comes for a while."""
    host, _, port = address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        answer = asyncio.create_task(_read(reader, patience_s + pause_s * len(parts)))
        with suppress(OSError):
            for part in parts:
                if answer.done():
                    break
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause_s)
        got, closed = await answer
    finally:
        writer.close()
    head, _, body = got.partition(b"\r\n\r\n")
    status = int(head.split()[1]) if head else 0
    return Raw(status, head.decode("latin-1").lower(), body, closed)


async def _read(reader: asyncio.StreamReader, patience_s: float) -> tuple[bytes, bool]:
    got = b""
    try:
        async with asyncio.timeout(patience_s):
            while chunk := await reader.read(65536):
                got += chunk
    except TimeoutError:
        return got, False
    except OSError:
        return got, True
    return got, True


def request(target: str = "/api/v1/stocks", *headers: str, method: str = "GET", host: str = "localhost") -> bytes:
    """A whole request without a body, after which the connection is to end."""
    lines = [f"{method} {target} HTTP/1.1", *([f"Host: {host}"] if host else []), "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
