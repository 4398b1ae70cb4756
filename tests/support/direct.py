"""One application asked both ways: as it answers hot reads directly, and as Litestar answers them."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, cast

from litestar import Litestar
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api.hot.direct import DirectReads
from lib.settings import Settings

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]


class Both(NamedTuple):
    """`direct` is in front of `usual`, which is Litestar without anything around it; `reached` counts who got there."""

    direct: DirectReads
    usual: ASGIApp
    reached: list[str]

    async def ask(self, path: str, query: bytes, accept: bytes = b"application/json") -> tuple[Answer, Answer]:
        """What each of them answers to a GET."""
        return await _answer(self.direct, path, query, accept), await _answer(self.usual, path, query, accept)


def both_ways(app: Litestar) -> Both:
    """For an application that runs."""
    reached: list[str] = []
    # what is around it is not a part of it
    litestar = cast("Callable[[Scope, Receive, Send], Awaitable[None]]", super(type(app), app).__call__)

    async def usual(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope["path"])
        await litestar(scope, receive, send)

    return Both(DirectReads(usual, app, Settings()), usual, reached)


async def _answer(app: ASGIApp, path: str, query: bytes, accept: bytes) -> Answer:
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": [(b"accept", accept), (b"host", b"test")],
        "client": ("127.0.0.1", 1),
        "server": ("test", 80),
        "state": {"request_id": "the-same", "principal": None},
    }
    status, headers, body = 0, [(b"", b"")], b""

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, headers, body
        if message["type"] == "http.response.start":
            status, headers = message["status"], sorted((name.lower(), value) for name, value in message["headers"])
        elif message["type"] == "http.response.body":
            body += message["body"]

    await app(scope, receive, send)
    assert scope["path_template"]
    return status, headers, body
