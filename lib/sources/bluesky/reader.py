"""Listens to one host after the other and gathers what they say, until cancelled or a moment is reached. It does not
know pages.

An attempt goes through the hosts once. It counts as failed only if it did not get the stream any further; one that did
is followed by the next at once, at the pace that the hosts' turns allow. So lib/sources/patience.py stays the one place
in which anything is retried.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from lib.errors import Malformed, RateLimited, SourceError
from lib.logs import get_logger
from lib.sources.access import Access, Rate
from lib.sources.bluesky.events import SOURCE, read_event
from lib.sources.bluesky.gathering import Gathering, Room
from lib.sources.bluesky.hosts import Hole, Hosts
from lib.sources.bluesky.line import WAIT, Line, Timing, open_line
from lib.sources.patience import Patience, patiently

log = get_logger(__name__)

_US = 1_000_000


class Manners(NamedTuple):
    """How a Jetstream is listened to; seconds.

    Some 40 posts a second are written on Bluesky, and never fewer than ten: `hole_s` without any are not a quiet time
    but a hole. `overlap_s` is by how much a new connection reaches back: hosts' clocks differ, and a host may send
    events out of order as it changes from replay to live. It is more than `hole_s`, so that an event which jumped ahead
    without being noticed cannot hide those that it overtook. A page is made every `page_s`, or when it is full
    (`room`). `garbage` unreadable frames in a row are not a Jetstream's. A host that says 429 and not for how long is
    left alone for `rest_s`. Never read before, the stream begins `first_s` ago.
    """

    rate: Rate = Rate(spacing_s=2, burst=3)
    patience: Patience = Patience(attempts=3, first_wait_s=1, longest_s=20)
    timing: Timing = Timing()
    page_s: float = 1
    hole_s: float = 10
    overlap_s: float = 15
    rest_s: float = 10
    garbage: int = 100
    room: Room = Room()
    first_s: float = 3600


class Reader:
    """Fills `gathering` from `hosts`. `until_us` (microseconds) is where it ends; None: it does not."""

    def __init__(
        self,
        gathering: Gathering,
        hosts: Hosts,
        access: Access,
        manners: Manners,
        *,
        agent: str,
        until_us: int | None = None,
    ) -> None:
        self._gathering = gathering
        self._hosts = hosts
        self._access = access
        self._manners = manners
        self._agent = agent
        self._until_us = until_us

    async def run(self) -> None:
        """Raises what the last attempt failed with: RateLimited, Denied, Unavailable or Malformed."""
        while not self._is_done():
            await patiently(self._attempt, self._manners.patience)

    def _is_done(self) -> bool:
        reached = self._gathering.reached
        return self._until_us is not None and reached is not None and reached >= self._until_us

    async def _attempt(self) -> None:
        before = self._gathering.reached
        errors: list[SourceError] = []
        for host in self._hosts.in_turn():
            try:
                await self._listen(host)
            except SourceError as error:
                log.debug("host left", source=SOURCE, host=host, reason=str(error))
                self._hosts.failed(host, error)
                errors.append(error)
            if self._gathering.reached != before:
                self._hosts.got_further()
                return
        raise self._hosts.verdict(errors)

    async def _listen(self, host: str) -> None:
        manners = self._manners
        await self._access.turn(host, manners.rate, patience_s=manners.patience.longest_s)
        self._hosts.asking(host)
        try:
            async with open_line(host, self._cursor(), agent=self._agent, timing=manners.timing) as line:
                self._gathering.asked()
                await self._follow(line, host)
        except RateLimited as error:
            rest = datetime.now(UTC) + timedelta(seconds=manners.rest_s)
            await self._access.pause(host, manners.rate, error.until or rest)
            raise

    def _cursor(self) -> int:
        reached = self._gathering.reached
        if reached is None:
            return time.time_ns() // 1000 - int(self._manners.first_s * _US)
        return reached - int(self._manners.overlap_s * _US)

    async def _follow(self, line: Line, host: str) -> None:
        gathering, begun_at, garbage = self._gathering, self._gathering.reached, 0
        while not self._is_done():
            frame = await line.read()
            event = read_event(frame)
            if event is None:
                gathering.garbage(len(frame))
                garbage += 1
                if garbage >= self._manners.garbage:
                    raise Malformed(SOURCE, f"{host} sends nothing that can be read.", hint=WAIT)
                continue
            garbage = 0
            self._mind_the_hole(host, begun_at, event.time_us)
            if self._until_us is not None and event.time_us >= self._until_us:
                gathering.advance(self._until_us)
            else:
                await gathering.has_room()
                gathering.add(event, len(frame))

    def _mind_the_hole(self, host: str, begun_at: int | None, time_us: int) -> None:
        reached = self._gathering.reached
        first_us = time_us if self._until_us is None else min(time_us, self._until_us)
        if reached is None or first_us - reached <= self._manners.hole_s * _US:
            return
        seconds = (first_us - reached) / _US
        # who showed it in the midst of a reading has not been asked for it yet
        if reached != begun_at or not self._hosts.believes(host, first_us):
            raise Hole(SOURCE, f"{host} has nothing of {seconds:,.0f} s in which it should have.", hint=WAIT)
        self._gathering.lose(first_us, f"No server of Bluesky has these {seconds:,.0f} s.")
