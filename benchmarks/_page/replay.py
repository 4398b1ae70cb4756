"""The barest server of the same bytes: it gives what was recorded, and a stream on which nothing happens. It reads
nothing, computes nothing, and knows no page: python -m benchmarks._page.replay PORT FILE
"""

import pickle
import sys
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import uvicorn

# moments, which differ from view to view
_LEFT_OUT = ("start", "end", "as_of")


class Recorded(NamedTuple):
    """An answer as it went over the wire."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def key_of(address: str) -> str:
    """What one recorded answer is found by: the path and the query but for its moments."""
    parts = urlsplit(address)
    query = sorted(pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in _LEFT_OUT)
    return f"{parts.path}?{query}"


class Replay:
    """An ASGI application that gives what is in `recorded`."""

    def __init__(self, recorded: dict[str, Recorded]) -> None:
        self._recorded = recorded

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"].endswith("/stream"):
            await _quiet_stream(receive, send)
            return
        found = self._recorded.get(key_of(f"{scope['path']}?{scope['query_string'].decode()}"))
        status, headers, body = found or (404, [], b"")
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _quiet_stream(receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    await send({"type": "http.response.body", "body": b": begin\n\n", "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass


if __name__ == "__main__":
    answers = pickle.loads(Path(sys.argv[2]).read_bytes())
    uvicorn.run(
        Replay(answers), host="127.0.0.1", port=int(sys.argv[1]), log_config=None, access_log=False, lifespan="off",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
