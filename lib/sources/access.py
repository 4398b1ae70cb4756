"""What every source must obtain before it asks: its turn at a host, and the money for a paid question.

The turns and the money are shared by all workers (lib/collect/access.py keeps them in the database); a source sees only
what stands here. It does not know providers or tables.
"""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import NamedTuple, Protocol


class Rate(NamedTuple):
    """How often a host may be called: a call every `spacing_s` seconds on average, `burst` of them at once after a
    rest.
    """

    spacing_s: float
    burst: int = 1


class Receipt(Protocol):
    """What a paid question may use up, and what it did."""

    def used(self, units: int) -> None:
        """Only so many units were delivered: the rest goes back. Not said, all of them count as spent."""
        ...


class Access(Protocol):
    """One source's right to ask, with one credential. Safe to use from many tasks of one event loop."""

    async def turn(self, host: str, rate: Rate, *, patience_s: float) -> None:
        """Returns when it is this caller's turn at `host`.

        Raises RateLimited (with `until`) at once, and takes no turn, where that would be more than `patience_s` away.
        """
        ...

    async def pause(self, host: str, rate: Rate, until: datetime) -> None:
        """Nobody who shares this credential has a turn at `host` before `until` (UTC): the host said so."""
        ...

    def paying(self, unit: str, most: int) -> AbstractAsyncContextManager[Receipt]:
        """Sets the price of `most` units aside before the call inside. Raises OverBudget, and nothing is asked, where
        the budget does not cover them. Whoever dies inside leaves the whole price spent.
        """
        ...


class FromThreads:
    """The same for a library that blocks in threads of its own; made in the event loop that serves them."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._loop = asyncio.get_running_loop()

    def turn(self, host: str, rate: Rate, *, patience_s: float) -> None:
        """Blocks until it is this thread's turn. Raises RateLimited as Access.turn does."""
        asyncio.run_coroutine_threadsafe(self._access.turn(host, rate, patience_s=patience_s), self._loop).result()

    def pause(self, host: str, rate: Rate, until: datetime) -> None:
        """As Access.pause."""
        asyncio.run_coroutine_threadsafe(self._access.pause(host, rate, until), self._loop).result()
