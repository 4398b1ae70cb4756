"""A local Jetstream of Bluesky: real WebSockets over TLS, a log that is replayed from a cursor and then followed live,
with what goes wrong written beforehand. It does not know the client.

    with running_bluesky(folder) as bluesky:
        bluesky.publish(post("$AAPL 🚀", time_us=…, rkey="a"))
        bluesky.script.then("*", TooMany("2"))              # the next handshake
        bluesky.spoils.then("*", CutOff(after=3))           # the next open connection
        … os.environ | bluesky.environment …                # as the real hosts, or without TLS at bluesky.address

The log is one and in the order of publishing; hosts may keep different lengths of it. Faults are scripted per host, "*"
is any of them.
"""

import asyncio
import contextlib
import json
import threading
import time
from bisect import bisect_left
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple

from aiohttp import WSMsgType, web

from tests.servers.bluesky_events import Event, post
from tests.servers.bluesky_spoils import Freeze, Spoil, Spoils, ends, is_ready, rearranged
from tests.servers.faults import Script, Slow, misbehave
from tests.servers.proxy import stand_in

HOSTS = ("bsky.network", "*.us-east.bsky.network", "*.us-west.bsky.network")

_US = 1_000_000
_AT_ONCE = 500


class Asked(NamedTuple):
    """One handshake as it arrived; `cursor` in microseconds since 1970, None for none."""

    host: str
    cursor: int | None
    collections: tuple[str, ...]
    user_agent: str


class LocalBluesky:
    """The log, the faults and the notes of one server; published to from any thread.

    `keeps` says how much of the log a host (or "*") still has, counted back from the newest event; `early` by how much
    a replay begins before its cursor.
    """

    def __init__(self) -> None:
        self.script = Script()
        self.spoils = Spoils()
        self.keeps: dict[str, timedelta] = {}
        self.early = timedelta(0)
        self.asked: list[Asked] = []
        self.environment: dict[str, str] = {}
        self.address = ""
        self.open = 0
        self._times: list[int] = []
        self._frames: list[bytes] = []
        self._lock = threading.Lock()
        self._wakers: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._numbers = count()
        self._murmur: asyncio.TimerHandle | None = None

    def publish(self, *events: Event) -> None:
        """Appends `events`. A replay finds one with an earlier time than the one before at that one's time."""
        with self._lock:
            for event in events:
                self._frames.append(json.dumps(event, ensure_ascii=False).encode())
                newest = self._times[-1] if self._times else 0
                self._times.append(max(newest, event["time_us"]))
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake)

    def now_us(self) -> int:
        """The server's clock, which no event is behind."""
        return max(time.time_ns() // 1000, self._times[-1] + 1 if self._times else 0)

    def say(self, text: str, **fields: object) -> str:
        """Publishes a post of now; returns its rkey."""
        rkey = f"said{next(self._numbers)}"
        self.publish(post(text, time_us=self.now_us(), rkey=rkey, **fields))  # type: ignore[arg-type]
        return rkey

    def murmur(self, every_s: float) -> None:
        """From now on somebody says something beside the point every `every_s` seconds, as the real network never falls
        silent; ended by `reset`.
        """

        def again() -> None:
            assert self._loop is not None
            self.say("good morning")
            self._murmur = self._loop.call_later(every_s, again)

        assert self._loop is not None
        self._loop.call_soon_threadsafe(again)

    def reset(self) -> None:
        """An empty log, no faults, no notes; for when nobody is connected."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._hush(), self._loop).result(10)
        self.script.clear()
        self.spoils.clear()
        self.keeps.clear()
        self.early = timedelta(0)
        self.asked.clear()
        self._times.clear()
        self._frames.clear()

    def app(self) -> web.Application:
        """The server's routes, for every host of Bluesky's; it listens without TLS at `address`, too."""
        app = self._routes()
        app.cleanup_ctx.append(self._directly)
        return app

    def _routes(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/subscribe", self._subscribe)
        return app

    async def _directly(self, app: web.Application) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        runner = web.AppRunner(self._routes(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.address = f"ws://127.0.0.1:{runner.addresses[0][1]}"
        yield
        await runner.cleanup()

    async def _hush(self) -> None:
        if self._murmur is not None:
            self._murmur.cancel()
            self._murmur = None

    def _wake(self) -> None:
        for waker in self._wakers:
            waker.set()

    async def _subscribe(self, request: web.Request) -> web.StreamResponse:
        query, host = request.query, request.host
        cursor = int(query["cursor"]) if "cursor" in query else None
        collections = tuple(query.getall("wantedCollections", ()))
        self.asked.append(Asked(host, cursor, collections, request.headers.get("User-Agent", "")))
        fault = self.script.next(host)
        if fault is not None and not isinstance(fault, Slow):
            return await misbehave(fault, request, web.Response(body=b"no"))
        if isinstance(fault, Slow):
            await asyncio.sleep(fault.seconds)
        ws = web.WebSocketResponse(timeout=1)
        try:
            await ws.prepare(request)
        except ConnectionError:
            return web.Response(status=499)
        # a server that does not read answers no ping either
        listening = asyncio.create_task(_listen(ws))
        waker = asyncio.Event()
        listening.add_done_callback(lambda _: waker.set())
        self._wakers.add(waker)
        self.open += 1
        try:
            await self._feed(ws, request, self._begin(host, cursor), self.spoils.next(host), waker, listening)
        except ConnectionError:
            pass  # the client left
        finally:
            self.open -= 1
            self._wakers.discard(waker)
            listening.cancel()
        return ws

    def _begin(self, host: str, cursor: int | None) -> int:
        if cursor is None or cursor > self.now_us():
            return len(self._times)
        keep = self.keeps.get(host, self.keeps.get("*"))
        oldest = 0
        if keep is not None and self._times:
            oldest = self._times[-1] - int(keep.total_seconds() * _US)
        return bisect_left(self._times, max(cursor - int(self.early.total_seconds() * _US), oldest))

    async def _feed(
        self,
        ws: web.WebSocketResponse,
        request: web.Request,
        position: int,
        spoil: Spoil | None,
        waker: asyncio.Event,
        listening: asyncio.Task[None],
    ) -> None:
        sent = 0
        while not ws.closed:
            waker.clear()
            if spoil is not None and sent >= spoil.after:
                if isinstance(spoil, Freeze):
                    listening.cancel()
                if await ends(spoil, ws, request):
                    return
                ahead = frames = self._frames[position : position + _AT_ONCE]
                if is_ready(spoil, ahead):
                    frames, spoil = rearranged(spoil, ahead), None
            else:
                most = _AT_ONCE if spoil is None else min(_AT_ONCE, spoil.after - sent)
                ahead = frames = self._frames[position : position + most]
            for frame in frames:
                await ws.send_frame(frame, WSMsgType.TEXT)
            position += len(ahead)
            sent += len(ahead)
            if not frames:
                await waker.wait()


async def _listen(ws: web.WebSocketResponse) -> None:
    async for _ in ws:
        pass


@contextlib.contextmanager
def running_bluesky(folder: Path) -> Iterator[LocalBluesky]:
    """A LocalBluesky that is reached by whoever runs under its `environment`. `folder` receives the certificate."""
    bluesky = LocalBluesky()
    with stand_in(bluesky.app(), HOSTS, folder) as environment:
        bluesky.environment = environment
        yield bluesky
