"""What a hostile client can do to a connection: the server as it is run, on a real socket, with shorter times."""

import asyncio
import json
from collections.abc import AsyncIterator
from time import perf_counter

import httpx
import pytest
import uvicorn
from litestar import Litestar, post
from litestar.params import JSONBody
from msgspec import Struct

from api.layers import LayeredLitestar
from api.problems import EXCEPTION_HANDLERS
from api.walls.outer import OuterWalls, Rules
from api.walls.protocol import GuardedProtocol
from tests.api.walls.raw import request, send_raw


class Sent(Struct):
    """Anything with a text."""

    text: str


@post("/read", status_code=200)
async def read(data: JSONBody[Sent]) -> int:
    """How much came."""
    return len(data.text)


@post("/blind", status_code=200)
async def blind() -> str:
    """Answers without a look at the body."""
    return "seen"


class HastyProtocol(GuardedProtocol):
    """The same in a hurry."""

    head_s = 0.4


def _application() -> Litestar:
    app = LayeredLitestar([read, blind], exception_handlers=EXCEPTION_HANDLERS, openapi_config=None)
    app.surround([lambda inner: OuterWalls(inner, Rules(body_bytes=1000, body_s=0.4))])
    return app


@pytest.fixture(scope="module")
async def served() -> AsyncIterator[str]:
    """The address of a server in this process."""
    config = uvicorn.Config(
        _application(), port=0, http=HastyProtocol, ws="none", proxy_headers=False, server_header=False, log_config=None
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await running


CHUNKED = request("/read", "Content-Type: application/json", "Transfer-Encoding: chunked", method="POST")


def _post(length: int, target: str = "/read") -> bytes:
    head = f"POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {length}\r\n\r\n".encode()


async def test_an_ordinary_request_is_answered_and_the_server_has_no_name(served: str) -> None:
    async with httpx.AsyncClient(base_url=served) as web:
        answer = await web.post("/read", json={"text": "hello"})
        assert (answer.status_code, answer.json()) == (200, 5)
        assert "server" not in answer.headers
        assert (await web.post("/read", content=_chunks())).status_code == 200


async def _chunks() -> AsyncIterator[bytes]:
    yield b'{"te'
    yield b'xt":""}'


async def test_a_body_is_refused_by_its_announced_length(served: str) -> None:
    raw = await send_raw(served, _post(5000), patience_s=3)
    assert (raw.status, raw.closed) == (413, True)
    assert json.loads(raw.body)["type"] == "urn:insitechart:request-entity-too-large"
    assert (await send_raw(served, _post(10**15))).status == 413


async def test_a_body_without_a_length_is_refused_once_it_is_too_long(served: str) -> None:
    chunk = b"190\r\n" + b" " * 400 + b"\r\n"
    begun = perf_counter()
    raw = await send_raw(served, CHUNKED, *[chunk] * 4, pause_s=0.02)
    assert (raw.status, raw.closed) == (413, True)
    assert "connection: close" in raw.head
    assert perf_counter() - begun < 4


async def test_a_body_that_dribbles_in_is_cut(served: str) -> None:
    begun = perf_counter()
    raw = await send_raw(served, _post(500), *[b" "] * 100, pause_s=0.05)
    assert (raw.status, raw.closed) == (408, True)
    assert json.loads(raw.body)["type"] == "urn:insitechart:request-timeout"
    assert perf_counter() - begun < 8


async def test_a_body_that_nobody_reads_ends_the_connection(served: str) -> None:
    raw = await send_raw(served, _post(900, "/blind"), b" " * 100, patience_s=4)
    assert (raw.status, raw.closed) == (200, True)


@pytest.mark.parametrize(
    "begun", [b"", b"GET /read HTTP/1.1\r\nHost: local", b"GET /read HTTP/1.1\r\nHost: localhost\r\n"]
)
async def test_a_head_that_does_not_come_is_not_awaited(served: str, begun: bytes) -> None:
    raw = await send_raw(served, begun, patience_s=4)
    assert raw.closed
    assert raw.status == (408 if begun else 0)


async def test_a_head_that_dribbles_in_is_cut(served: str) -> None:
    lines = [f"X-{number}: 1\r\n".encode() for number in range(40)]
    raw = await send_raw(served, b"GET /read HTTP/1.1\r\nHost: localhost\r\n", *lines, pause_s=0.05)
    assert (raw.status, raw.closed) == (408, True)


async def test_a_second_head_on_the_same_connection_has_its_time_too(served: str) -> None:
    first = b"POST /blind HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
    raw = await send_raw(served, first, b"POST /bl", pause_s=0.1, patience_s=4)
    assert raw.closed
    assert b"408" in raw.body


async def test_an_endless_head_is_refused_by_its_size(served: str) -> None:
    raw = await send_raw(served, b"GET /read HTTP/1.1\r\nHost: localhost\r\nX: ", *[b"a" * 8192] * 12)
    assert (raw.status, raw.closed) == (431, True)
    raw = await send_raw(served, b"GET /", *[b"a" * 8192] * 12)
    assert (raw.status, raw.closed) == (431, True)


@pytest.mark.parametrize(
    "head",
    [
        b"POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
        b"POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST /read HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"POST /blind HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        b"POST /blind HTTP/1.1\r\n\r\n",
        b"POST /blind HTTP/1.1\r\nHost: localhost\r\n X: folded\r\n\r\n",
        b"POST /blind HTTP/1.1\r\nHost: localhost\r\nBad Name: x\r\n\r\n",
        b"POST http://evil.example/blind HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
async def test_what_two_servers_could_read_differently_is_refused(served: str, head: bytes) -> None:
    raw = await send_raw(served, head, patience_s=2)
    assert raw.status in (400, 404, 405), raw
    assert raw.status == 400 or head.startswith((b"CONNECT", b"OPTIONS"))


async def test_the_name_in_a_target_is_the_one_that_counts(served: str) -> None:
    target = b"POST http://localhost/blind HTTP/1.1\r\nHost: other.example\r\nContent-Length: 0\r\n"
    assert (await send_raw(served, target + b"Connection: close\r\n\r\n")).status == 200


async def test_an_upgrade_to_another_protocol_is_ignored(served: str) -> None:
    wanted = ("Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
    raw = await send_raw(served, request("/blind", "Connection: Upgrade", *wanted), patience_s=2)
    assert raw.status != 101
