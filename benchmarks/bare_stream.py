"""The barest application that writes bytes of the same length to as many listeners, beside benchmarks/stream.py."""

import asyncio
import os
from typing import Any

import uvicorn

_EVENT = (
    b'id: 4711-1772461800000000\nevent: bars\ndata: {"symbol":"AAPL","interval":"1m","since":"2026-03-02T00:01:00Z",'
    b'"until":"2026-03-02T00:02:00Z","changed":1,"removed":0,"observed_at":"2026-03-02T00:01:00.123456Z","bars":[{'
    b'"low": 9, "high": 12, "open": 10, "close": 11, "start": "2026-03-02T00:01:00Z", "source": "bench", "volume": %d, '
    b'"adj_close": 11}]}\n\n'
)

_listeners: set[asyncio.Queue[bytes]] = set()


async def app(scope: Any, receive: Any, send: Any) -> None:
    """GET / listens, POST /say tells."""
    if scope["type"] != "http":
        return
    if scope["path"] == "/":
        await _listen(receive, send)
        return
    if scope["path"] == "/say":
        event = _EVENT % int(scope["query_string"].removeprefix(b"n="))
        for queue in _listeners:
            queue.put_nowait(event)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def _listen(receive: Any, send: Any) -> None:
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    _listeners.add(queue)
    leaving = asyncio.create_task(_until_gone(receive, queue))
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    await send({"type": "http.response.body", "body": b": begin\n\n", "more_body": True})
    while event := await queue.get():
        await send({"type": "http.response.body", "body": event, "more_body": True})
    leaving.cancel()
    _listeners.discard(queue)


async def _until_gone(receive: Any, queue: asyncio.Queue[bytes]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    queue.put_nowait(b"")


if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(os.environ["INSITECHART_API_PORT"]), log_config=None, access_log=False,
        lifespan="off", timeout_graceful_shutdown=1,
    )  # fmt: skip
