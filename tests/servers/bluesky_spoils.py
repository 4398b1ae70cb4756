"""What can go wrong on an open line to a Jetstream, as values, and how a local server does it. It does not know which
events there are.

Each begins once `after` events have been sent on its connection. Some end the connection; the others change once what
is sent, as soon as all the events that they are about wait to be sent, and the connection goes on.
"""

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from aiohttp import web


class Close(NamedTuple):
    """The server takes its leave with this code."""

    after: int
    code: int = 1001


class CutOff(NamedTuple):
    """The connection is reset without a word."""

    after: int


class Freeze(NamedTuple):
    """The connection stays open, and nothing comes any more: no event, no answer to a ping or to a farewell."""

    after: int


class HalfFrame(NamedTuple):
    """A frame that announces more than it brings, and then the end of the connection."""

    after: int


class Frames(NamedTuple):
    """These frames come in between: not JSON, half of it, or JSON that is no event."""

    after: int
    frames: tuple[bytes, ...] = (b"{", b'{"did":"did:plc:x"}', b"\xff", b"[]", b"")


class Skip(NamedTuple):
    """The next `count` events are not sent on this connection."""

    after: int
    count: int


class Repeat(NamedTuple):
    """The next `count` events are sent twice."""

    after: int
    count: int


class Shuffle(NamedTuple):
    """The next `count` events come in another order."""

    after: int
    count: int
    seed: int = 0


Spoil: TypeAlias = Close | CutOff | Freeze | HalfFrame | Frames | Skip | Repeat | Shuffle


class Spoils:
    """What goes wrong on open connections: per host a queue, one spoil a connection; None lets one be."""

    def __init__(self) -> None:
        self._next: defaultdict[str, deque[Spoil | None]] = defaultdict(deque)

    def then(self, host: str, *spoils: Spoil | None) -> None:
        """The next connections to `host` go like this, in this order."""
        self._next[host].extend(spoils)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._next.clear()

    def next(self, host: str) -> Spoil | None:
        """What happens on the connection that was opened now."""
        for name in (host, "*"):
            if self._next[name]:
                return self._next[name].popleft()
        return None


async def ends(spoil: Spoil, ws: web.WebSocketResponse, request: web.Request) -> bool:
    """Ends the connection if that is what `spoil` is about, and says whether it did."""
    transport = request.transport
    match spoil:
        case Close(_, code):
            await ws.close(code=code, message=b"going away")
        case CutOff():
            if transport is not None:
                transport.abort()
        case HalfFrame():
            if isinstance(transport, asyncio.Transport):
                # text, final, unmasked, 1,000 bytes long
                transport.write(b"\x81\x7e\x03\xe8" + b'{"did":"did:plc:half')
                transport.close()
        case Freeze():
            while request.transport is not None:  # noqa: ASYNC110 aiohttp tells nobody that a client is gone
                await asyncio.sleep(0.02)
        case _:
            return False
    return True


def rearranged(spoil: Spoil, frames: Sequence[bytes]) -> list[bytes]:
    """`frames`, of which the first are those that `spoil` is about, as they are sent instead."""
    match spoil:
        case Frames(_, between):
            return [*between, *frames]
        case Skip(_, count):
            return list(frames[count:])
        case Repeat(_, count):
            return [*frames[:count], *frames]
        case Shuffle(_, count, seed):
            mixed = list(frames[:count])
            random.Random(seed).shuffle(mixed)
            return [*mixed, *frames[count:]]
    return list(frames)


def is_ready(spoil: Spoil, frames: Sequence[bytes]) -> bool:
    """Are all the events that `spoil` is about among `frames`, which wait to be sent?"""
    return not isinstance(spoil, Skip | Repeat | Shuffle) or len(frames) >= spoil.count
