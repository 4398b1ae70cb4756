"""Asks a server on this machine over HTTP whether it is well. It does not know whose server it is."""

import asyncio

_LARGEST_ANSWER = 1024 * 1024


async def fetch(host: str, port: int, path: str, *, body: bytes | None = None, seconds: float = 5) -> tuple[int, bytes]:
    """Status and body of one request (a POST of JSON if there is a `body`); (0, b"") without an answer in time."""
    method = "GET" if body is None else "POST"
    payload = body or b""
    head = (
        f"{method} {path} HTTP/1.0\r\nHost: {host}:{port}\r\nAccept: application/json\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n"
    )
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(head.encode("ascii") + payload)
                answer = await reader.read(_LARGEST_ANSWER)
                while more := await reader.read(_LARGEST_ANSWER):
                    answer += more
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return 0, b""
    status_line, _, rest = answer.partition(b"\r\n")
    words = status_line.split(b" ")
    status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    return status, rest.partition(b"\r\n\r\n")[2]


async def is_well(host: str, port: int, path: str) -> bool:
    """True if GET `path` is answered with 200 now."""
    status, _ = await fetch(host, port, path)
    return status == 200
