"""The wish to stop, as signals bring it: the first asks, the second hurries. It does not stop anything."""

import asyncio
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any


class StopWish:
    """`asked` is set by SIGINT, SIGTERM or SIGHUP; `hurried` is true after one more."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.hurried = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Takes the signals over, and gives them back on leaving."""
        loop = asyncio.get_running_loop()
        signals = [signal.SIGINT, signal.SIGTERM]
        # under nohup the end of the terminal is not meant
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            signals.append(signal.SIGHUP)
        for signum in signals:
            loop.add_signal_handler(signum, self._hear)
        try:
            yield
        finally:
            for signum in signals:
                loop.remove_signal_handler(signum)

    async def or_done(self, *works: Coroutine[Any, Any, None]) -> None:
        """Runs `works` until the first ends or the wish is heard, cancels the rest, raises what the first raised."""
        tasks = [asyncio.create_task(work) for work in works]
        waiting = asyncio.create_task(self.asked.wait())
        try:
            done, _ = await asyncio.wait([*tasks, waiting], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*tasks, waiting):
                task.cancel()
            await asyncio.gather(*tasks, waiting, return_exceptions=True)
        for task in done:
            task.result()

    def _hear(self) -> None:
        self.hurried = self.asked.is_set()
        self.asked.set()
