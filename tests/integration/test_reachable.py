"""Whether hosts answer at all: any answer will do, and none takes long or raises."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from lib.sources import reachable
from lib.sources.reachable import Reached, reach

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

NOBODY = "http://127.0.0.1:9/"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@asynccontextmanager
async def host(answer: bytes | None) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A host that answers every question with these bytes, or with silence; and what it was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        if answer is None:
            await reader.read()
        else:
            writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


@pytest.mark.parametrize("status", [b"200 OK", b"401 Unauthorized", b"405 Method Not Allowed", b"503 Busy"])
async def test_any_answer_will_do(status: bytes) -> None:
    async with host(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n") as (place, asked):
        found = await reach([f"http://{place}/path", f"ws://{place}/stream"], "InsiteChart/test")
    assert (found, str(found), found.is_reachable) == (Reached(2, 2), "reachable", True)
    assert sorted(question.split()[:2] for question in asked) == [[b"HEAD", b"/path"], [b"HEAD", b"/stream"]]
    assert all(b"InsiteChart/test" in question for question in asked)


async def test_a_host_that_is_not_there_is_one_line() -> None:
    found = await reach([NOBODY], "test")
    assert not found.is_reachable
    assert str(found).startswith("not reachable: 127.0.0.1: ")
    assert "\n" not in str(found)


async def test_some_of_several_hosts_are_counted() -> None:
    async with host(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (place, _):
        found = await reach([f"http://{place}", NOBODY], "test")
    assert found.is_reachable
    assert str(found).startswith("1 of 2 hosts reachable: 127.0.0.1: ")


@pytest.mark.parametrize("answer", [None, b"nonsense\r\n\r\n", b""])
async def test_silence_and_nonsense_are_no_answer(answer: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reachable, "_PATIENCE_S", 0.3)
    async with host(answer) as (place, _):
        found = await reach([f"http://{place}"], "test")
    assert not found.is_reachable
    assert found.reason.startswith("127.0.0.1")


@pytest.mark.parametrize("address", ["", "no address", "ftp://127.0.0.1/", "https://[::1"])
async def test_what_is_no_address_is_told(address: str) -> None:
    found = await reach([address], "test")
    assert (found.answered, bool(found.reason)) == (0, True)
