"""Follows the log of changes over one connection of its own, for a whole process. It does not know who listens to it.

It numbers what was committed, reads on, keeps the versions and tells its followers. A lost connection is opened anew
with growing pauses; until everything missed has been read, nothing is `known`. Nothing is told twice or left out, but
for a log that is another one than before (a restore), of which followers are told that too.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Protocol

from lib.db.changes.line import Line, open_line
from lib.domain.changes import START, Change, Position
from lib.errors import DatabaseError
from lib.live.versions import DataVersions
from lib.logs import get_logger
from lib.metrics import CHANGES_LAG, CHANGES_READ

log = get_logger(__name__)

RECENT = 2_000
PAGE = 1_000

# notifications wake it at once; this often it looks by itself, and so notices a connection that died silently
POLL_S = 2.0
STALE_S = 5.0

FIRST_LOOK_S = 5.0
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0


class Follower(Protocol):
    """Who is told, in the loop of the tailer; each call must be short."""

    def begin(self, recent: Sequence[Change]) -> None:
        """Once: what was told last before this process began to follow, the newest change at the end."""

    def tell(self, changes: Sequence[Change]) -> None:
        """What changed, in order."""

    def lose(self) -> None:
        """The log cannot be followed for now."""

    def find(self) -> None:
        """It can again, and everything missed has been told."""

    def break_off(self, position: Position) -> None:
        """The log is not the one that was followed. What changed in between is unknown; it goes on from `position`."""


class Tailer:
    """One per process; made by `open_tailer`."""

    def __init__(self, url: str, versions: DataVersions | None = None) -> None:
        self.versions = versions or DataVersions()
        self.versions.trust(self._is_known)
        self.position = START
        self._url = url
        self._followers: list[Follower] = []
        self._has_begun = asyncio.Event()
        self._connected = False
        self._has_warned = False
        self._looked_at = monotonic()

    def follow(self, follower: Follower) -> None:
        """Tells `follower` from now on. Only before the tailer runs."""
        self._followers.append(follower)

    async def begun(self, seconds: float) -> bool:
        """Waits until it has begun to follow, for so long at most; whether it has."""
        try:
            async with asyncio.timeout(seconds):
                await self._has_begun.wait()
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """Follows until cancelled."""
        pause = _SHORTEST_PAUSE_S
        while True:
            try:
                async with open_line(self._url) as line:
                    await self._catch_up(line)
                    pause = _SHORTEST_PAUSE_S
                    await self._follow(line)
            except DatabaseError as error:
                self._lose(error)
            except Exception as error:
                log.exception("following changes failed")
                self._lose(error)
            # spread, so that many processes do not knock at a server that is starting all at once
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - no secret
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def _catch_up(self, line: Line) -> None:
        await line.number()
        self.versions.replace(await line.versions())
        if self._has_begun.is_set():
            await self._read_on(line)
        else:
            newest = await line.newest()
            recent = await line.read(max(newest.seq - RECENT + 1, 0), 2 * RECENT)
            self.position = recent[-1].position if recent else START
            self.versions.apply(recent)
            for follower in self._followers:
                follower.begin(recent)
            self._has_begun.set()
        self._looked_at = monotonic()
        self._connected = True
        self._has_warned = False
        for follower in self._followers:
            follower.find()

    async def _follow(self, line: Line) -> None:
        while True:
            await line.wait(POLL_S)
            await line.number()
            await self._read_on(line)
            self._looked_at = monotonic()

    async def _read_on(self, line: Line) -> None:
        while True:
            # the last one told is read again: only if it is there still is the rest its continuation
            page = await line.read(self.position.seq, PAGE)
            if self.position == START:
                fresh = page
            elif page and page[0].position == self.position:
                fresh = page[1:]
            else:
                await self._break_off(line)
                continue
            if fresh:
                self._tell(fresh)
            if len(page) < PAGE:
                return

    async def _break_off(self, line: Line) -> None:
        log.warning("the log of changes is another one than before", position=str(self.position))
        self.versions.replace(await line.versions())
        self.position = await line.newest()
        for follower in self._followers:
            follower.break_off(self.position)

    def _tell(self, changes: Sequence[Change]) -> None:
        self.position = changes[-1].position
        self.versions.apply(changes)
        for change in changes:
            CHANGES_READ.labels(change.kind).inc()
        for follower in self._followers:
            follower.tell(changes)

    def _lose(self, error: Exception) -> None:
        # the first failure of a row is enough
        if not self._has_warned:
            log.warning("changes cannot be followed", error=str(error))
        self._has_warned = True
        if self._connected:
            self._connected = False
            for follower in self._followers:
                follower.lose()

    def _is_known(self) -> bool:
        return self._connected and monotonic() - self._looked_at < STALE_S

    @property
    def lag(self) -> float:
        """Seconds since everything was known that had been committed by then."""
        return monotonic() - self._looked_at


@asynccontextmanager
async def open_tailer(url: str, *followers: Follower, versions: DataVersions | None = None) -> AsyncIterator[Tailer]:
    """A tailer that follows until left, and keeps `versions`. Its first look is waited for, a while at most: without it
    nothing is known.
    """
    tailer = Tailer(url, versions)
    for follower in followers:
        tailer.follow(follower)
    CHANGES_LAG.set_function(lambda: tailer.lag)
    following = asyncio.create_task(tailer.run())
    try:
        await tailer.begun(FIRST_LOOK_S)
        yield tailer
    finally:
        following.cancel()
        await asyncio.wait({following})
