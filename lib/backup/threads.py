"""Blocking work in a thread that ends when nobody waits for it any more. It does not know what the work is."""

import asyncio
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

_T = TypeVar("_T")


class Stop:
    """Told to the work when it is to end; the work says what must happen then, such as killing a child process."""

    def __init__(self) -> None:
        self.asked = False
        self._calls: list[Callable[[], object]] = []
        self._lock = Lock()

    def calls(self, call: Callable[[], object]) -> None:
        """`call` happens when the work is to end; at once where it is already."""
        with self._lock:
            self._calls.append(call)
            asked = self.asked
        if asked:
            call()

    def ask(self) -> None:
        """Ends the work."""
        with self._lock:
            self.asked = True
            calls = list(self._calls)
        for call in calls:
            call()


async def in_thread(work: Callable[[Stop], _T]) -> _T:
    """What `work` returns. Whoever is cancelled meanwhile goes on only after the work has ended, too."""
    stop = Stop()
    running = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        stop.ask()
        await asyncio.wait([running])
        # looked at, so that nobody is told of an error that nobody waits for
        running.cancelled() or running.exception()
        raise
