"""Asks the application inside as nobody in particular, and holds what it answers. It does not know what is asked.

No header but the media type is passed on, no credential and nobody's identity: an answer that is kept for all cannot
depend on who asked first.
"""

import asyncio
from typing import Any, NamedTuple

from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope

_OWN_HEADERS = (b"content-length", b"content-type", b"etag", b"cache-control", b"vary")


class Held(NamedTuple):
    """A whole answer of the application, and the route that it took."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    route: str | None

    def header(self, name: bytes) -> bytes:
        """The value of a header, in small letters; empty where it is missing."""
        return next((value for known, value in self.headers if known == name), b"")

    @property
    def is_plain(self) -> bool:
        """Is it a 200 with nothing that a kept answer would lose, such as a cookie?"""
        return self.status == 200 and all(name in _OWN_HEADERS for name, _ in self.headers)


class InPieces(Exception):
    """The answer comes in pieces, so it is not to be held."""


async def ask(app: ASGIApp, scope: Scope, accept: bytes) -> Held:
    """What `app` answers to the GET in `scope` when nobody in particular asks. Raises InPieces at the first piece of
    an answer that has more.
    """
    asked: Any = {
        **scope,
        "headers": [(b"accept", accept), *(pair for pair in scope["headers"] if pair[0] == b"host")],
        "state": {"request_id": scope["state"].get("request_id", ""), "principal": None},
    }
    status = 0
    headers: list[tuple[bytes, bytes]] = []
    body = b""
    in_pieces = False

    async def hold(message: Message) -> None:
        nonlocal status, headers, body, in_pieces
        if message["type"] == "http.response.start":
            status, headers = message["status"], [(name.lower(), value) for name, value in message["headers"]]
        elif message["type"] == "http.response.body":
            if message.get("more_body"):
                in_pieces = True
                raise InPieces
            body = message["body"]

    try:
        await app(asked, _no_body(), hold)
    except Exception:
        # whoever was sending wraps what `hold` raised into an error of its own
        if in_pieces:
            raise InPieces from None
        raise
    return Held(status, headers, body, asked.get("path_template"))


def _no_body() -> Receive:
    told = False

    async def receive() -> HTTPReceiveMessage:
        nonlocal told
        if told:
            await asyncio.get_running_loop().create_future()
        told = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive
