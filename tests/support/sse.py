"""Reads a stream of server-sent events as the standard says. It does not know what they mean."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx


class Event(NamedTuple):
    """One dispatched event; `id` is the last one that was set when it came."""

    id: str
    name: str
    data: Any


class Listening:
    """One open stream: what came so far, and where a reconnect would go on."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.events: list[Event] = []
        self.comments = 0
        self.last_id = ""
        self.retry_ms = 0
        self.ended = asyncio.Event()

    def named(self, *names: str) -> list[Event]:
        """Those of these kinds."""
        return [event for event in self.events if event.name in names]

    @property
    def data(self) -> list[Event]:
        """Those about data, in order."""
        return [event for event in self.events if event.name not in ("status", "reset")]

    async def until(self, true: Callable[["Listening"], bool], seconds: float = 15) -> None:
        """Returns once it is true."""
        async with asyncio.timeout(seconds):
            while not true(self):  # noqa: ASYNC110 - what is waited for happens in another process
                await asyncio.sleep(0.005)

    async def read(self) -> None:
        """Reads until the stream ends, or breaks."""
        name, noted_id = "", self.last_id
        data: list[str] = []
        try:
            async for line in self.response.aiter_lines():
                if not line:
                    # an id counts from the end of its event on, so half an event is asked for again
                    self.last_id = noted_id
                    if data:
                        self.events.append(Event(self.last_id, name, json.loads("\n".join(data))))
                    name, data = "", []
                    continue
                field, _, value = line.partition(":")
                value = value.removeprefix(" ")
                match field:
                    case "":
                        self.comments += 1
                    case "event":
                        name = value
                    case "data":
                        data.append(value)
                    case "id":
                        noted_id = value
                    case "retry":
                        self.retry_ms = int(value)
        except (httpx.TransportError, httpx.StreamError):
            pass
        finally:
            self.ended.set()


@asynccontextmanager
async def listening(
    client: httpx.AsyncClient, path: str = "/api/v1/sentiment/stream", *, last_id: str = "", **params: str
) -> AsyncIterator[Listening]:
    """A stream that is read in the background until left, from its first event on."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    async with client.stream("GET", path, params=params, headers=headers, timeout=None) as response:
        assert response.status_code == 200, (response.status_code, await response.aread())
        opened = Listening(response)
        reading = asyncio.create_task(opened.read())
        try:
            await opened.until(lambda heard: bool(heard.events))
            yield opened
        finally:
            reading.cancel()
            await asyncio.wait({reading})
