"""One listener: what waits to be sent to it, and when it is given up. It does not know what it is sent."""

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Literal

from lib.db.changes.reads import Filter

# what may wait for one listener; its connection buffers more than that again
MOST_BYTES = 256 * 1024
# what waits must move on within this time
STALL_S = 30.0

# gone: by itself; slow: it did not read; closing: this process ends; over: it lasted as long as it may
End = Literal["gone", "slow", "closing", "over"]


class Listener:
    """Blocks of bytes go in at one side, and out, as many as there are at once, at the other."""

    __slots__ = ("_blocks", "_cut", "_size", "_waits_since", "_wake", "address", "ended", "wanted")

    def __init__(self, wanted: Filter, address: str) -> None:
        self.wanted = wanted
        self.address = address
        self.ended: End | None = None
        self._blocks: deque[bytes] = deque()
        self._size = 0
        self._waits_since = 0.0
        self._wake = asyncio.Event()
        self._cut: Callable[[], None] | None = None

    def push(self, block: bytes) -> None:
        """Adds bytes (shared with others, so never changed); ends the listener if too much waits already."""
        if self.ended is not None:
            return
        if self._size + len(block) > MOST_BYTES:
            self.end("slow")
            return
        if not self._blocks:
            self._waits_since = monotonic()
            self._wake.set()
        self._blocks.append(block)
        self._size += len(block)

    async def take(self) -> bytes | None:
        """Everything that waits, in order, as soon as there is something; None once the listener is at its end."""
        if not self._blocks and self.ended is None:
            await self._wake.wait()
        self._wake.clear()
        if self.ended in ("gone", "slow") or not self._blocks:
            return None
        block = self._blocks[0] if len(self._blocks) == 1 else b"".join(self._blocks)
        self._blocks.clear()
        self._size = 0
        return block

    def on_cut(self, cut: Callable[[], None]) -> None:
        """`cut` ends a send under way, wherever it hangs."""
        self._cut = cut

    def end(self, why: End) -> None:
        """The first reason counts. One that does not read is cut off at once; else what waits is sent first."""
        if self.ended is None:
            self.ended = why
            self._wake.set()
        if why in ("gone", "slow"):
            self.cut()

    def cut(self) -> None:
        """Ends it without waiting for anything."""
        if self._cut is not None:
            self._cut()

    def check(self) -> None:
        """Ends it if what waits has waited too long."""
        if self._blocks and monotonic() - self._waits_since > STALL_S:
            self.end("slow")
