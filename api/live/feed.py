"""Hands what the tailer tells to everyone who listens in this process. It does not know HTTP, nor how to wait for a
client.

Each change is encoded once, and each combination of filters gets its bytes made once; listeners share them. A listener
is attached at the position of the feed, so what came before is replayed to it and what comes after is pushed: there is
no moment in between.
"""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from api.live.encoding import change_event, heartbeat, reset_event, status_event
from api.live.listeners import Listener
from lib.db.changes.reads import Filter, Standing, changes_after, standing_of
from lib.db.pool import Pool
from lib.domain.changes import START, Change, Position
from lib.metrics import STREAM_EVENTS, STREAM_LISTENERS, STREAM_LISTENERS_ENDED, STREAM_LISTENERS_REFUSED

RECENT = 2_000
PAGE = 500

# heartbeats are spread over their interval, or thousands of listeners would be written to at once
_SLOTS = 20
# replays take this many connections of the pool at most
_REPLAYS = 3


class Told:
    """A change, and its event once somebody wants it."""

    def __init__(self, change: Change) -> None:
        self.change = change

    @cached_property
    def event(self) -> bytes:
        return change_event(self.change)


class Limits(NamedTuple):
    """How many may listen to this process, from anywhere and from one address, and how often they hear something."""

    listeners: int
    per_address: int
    heartbeat_s: float


class Refused(Exception):
    """Nobody more can listen for now: to this process, or (`of_address`) from one address."""

    def __init__(self, limit: int, *, of_address: bool) -> None:
        super().__init__(limit, of_address)
        self.limit = limit
        self.of_address = of_address


class Page(NamedTuple):
    """Events that follow a position, and how far they reach."""

    events: list[bytes]
    position: Position


class _Group:
    """Listeners that want the same."""

    def __init__(self, wanted: Filter) -> None:
        self.wanted = wanted
        self.listeners: set[Listener] = set()


class Feed:
    """One per process; a follower of the tailer. Nothing here waits, but for reading old pages from the database."""

    def __init__(self, pool: Pool, limits: Limits) -> None:
        self.position = START
        self.history = 0
        self.is_known = False
        self.has_begun = False
        self.moved = asyncio.Event()
        self._pool = pool
        self._limits = limits
        self._recent: deque[Told] = deque(maxlen=RECENT)
        self._groups: dict[Filter, _Group] = {}
        self._of_symbol: defaultdict[str, set[_Group]] = defaultdict(set)
        self._of_all: set[_Group] = set()
        self._slots: list[set[Listener]] = [set() for _ in range(_SLOTS)]
        self._slot_of: dict[Listener, int] = {}
        self._admitted: set[Listener] = set()
        self._addresses: Counter[str] = Counter()
        self._replaying = asyncio.Semaphore(_REPLAYS)
        self._closing = False

    # what the tailer says

    def begin(self, recent: Sequence[Change]) -> None:
        self._recent.extend(map(Told, recent))
        self.position = recent[-1].position if recent else START
        self.has_begun = True

    def tell(self, changes: Sequence[Change]) -> None:
        blocks: defaultdict[_Group, list[bytes]] = defaultdict(list)
        for change in changes:
            told = Told(change)
            self._recent.append(told)
            for group in self._who_may_want(change):
                if group.wanted.wants(change):
                    blocks[group].append(told.event)
        for group, events in blocks.items():
            block = events[0] if len(events) == 1 else b"".join(events)
            for listener in tuple(group.listeners):
                listener.push(block)
            STREAM_EVENTS.inc(len(events) * len(group.listeners))
        self._move(changes[-1].position)

    def lose(self) -> None:
        self.is_known = False
        self._push_to_all(status_event(is_known=False, position=self.position))

    def find(self) -> None:
        self.is_known = True
        self._push_to_all(status_event(is_known=True, position=self.position))
        self._stir()

    def break_off(self, position: Position) -> None:
        self.history += 1
        self._recent.clear()
        self._move(position)
        self._push_to_all(reset_event("another-history", position))

    # what a listener asks

    def admit(self, wanted: Filter, address: str) -> Listener:
        """A new listener, not attached yet. Raises Refused."""
        if self._closing or len(self._admitted) >= self._limits.listeners:
            STREAM_LISTENERS_REFUSED.labels("process").inc()
            raise Refused(self._limits.listeners, of_address=False)
        if self._addresses[address] >= self._limits.per_address:
            STREAM_LISTENERS_REFUSED.labels("address").inc()
            raise Refused(self._limits.per_address, of_address=True)
        listener = Listener(wanted, address)
        self._admitted.add(listener)
        self._addresses[address] += 1
        STREAM_LISTENERS.inc()
        return listener

    def attach(self, listener: Listener) -> None:
        """Pushes to `listener` whatever comes after the position of the feed, now."""
        group = self._groups.get(listener.wanted)
        if group is None:
            group = self._groups[listener.wanted] = _Group(listener.wanted)
            for groups in self._indexes(group.wanted):
                groups.add(group)
        group.listeners.add(listener)
        slot = min(range(_SLOTS), key=lambda n: len(self._slots[n]))
        self._slots[slot].add(listener)
        self._slot_of[listener] = slot

    def dismiss(self, listener: Listener) -> None:
        """Forgets `listener`, attached or not."""
        if listener not in self._admitted:
            return
        self._admitted.remove(listener)
        self._addresses[listener.address] -= 1
        if not self._addresses[listener.address]:
            del self._addresses[listener.address]
        STREAM_LISTENERS.dec()
        STREAM_LISTENERS_ENDED.labels(listener.ended or "gone").inc()
        if listener not in self._slot_of:
            return
        self._slots[self._slot_of.pop(listener)].remove(listener)
        group = self._groups[listener.wanted]
        group.listeners.remove(listener)
        if not group.listeners:
            del self._groups[listener.wanted]
            for groups in self._indexes(group.wanted):
                groups.remove(group)
            for symbol in group.wanted.symbols or ():
                if not self._of_symbol[symbol]:
                    del self._of_symbol[symbol]

    async def standing(self, position: Position) -> Standing:
        """Whether a listener can go on from `position`. Raises DatabaseUnavailable."""
        return "kept" if self._place(position) is not None else await standing_of(self._pool, position)

    async def page(self, position: Position, wanted: Filter) -> Page | None:
        """The wanted events that follow `position`, some of them; None where it cannot be gone on from there (any
        more). Raises DatabaseUnavailable.
        """
        place = self._place(position)
        if place is not None:
            told = list(islice(self._recent, place + 1, place + 1 + PAGE))
            reached = told[-1].change.position if told else position
            return Page([each.event for each in told if wanted.wants(each.change)], reached)
        until = self.position
        async with self._replaying:
            changes = await changes_after(self._pool, position, until.seq, wanted, limit=PAGE)
        if changes is None:
            return None
        reached = changes[-1].position if len(changes) == PAGE else until
        return Page([change_event(change) for change in changes], reached)

    @asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        """Sends heartbeats until left; then everyone is sent away."""
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.wait({beating})
            self.close()

    def close(self) -> None:
        """Ends every listener once what waits for it is sent, and admits nobody more."""
        self._closing = True
        for listener in tuple(self._admitted):
            listener.end("closing")
        self._stir()

    def cut(self) -> None:
        """Ends whoever is still there."""
        for listener in tuple(self._admitted):
            listener.cut()

    async def _beat(self) -> None:
        slot = 0
        while True:
            await asyncio.sleep(self._limits.heartbeat_s / _SLOTS)
            slot = (slot + 1) % _SLOTS
            beat = heartbeat(self.position)
            for listener in tuple(self._slots[slot]):
                listener.check()
                listener.push(beat)

    def _move(self, position: Position) -> None:
        self.position = position
        self._stir()

    def _stir(self) -> None:
        self.moved.set()
        self.moved = asyncio.Event()

    def _push_to_all(self, block: bytes) -> None:
        for listener in tuple(self._slot_of):
            listener.push(block)

    def _who_may_want(self, change: Change) -> Iterator[_Group]:
        if not change.symbol:
            yield from self._groups.values()
            return
        yield from self._of_all
        yield from self._of_symbol.get(change.symbol, ())

    def _indexes(self, wanted: Filter) -> list[set[_Group]]:
        return [self._of_all] if wanted.symbols is None else [self._of_symbol[symbol] for symbol in wanted.symbols]

    def _place(self, position: Position) -> int | None:
        """Where in the recent changes the one at `position` is: they have no gaps."""
        place = position.seq - self._recent[0].change.position.seq if self._recent else -1
        return place if 0 <= place < len(self._recent) and self._recent[place].change.position == position else None
