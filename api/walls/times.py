"""How long a request may take until its answer begins, and a reader may leave a part of it unread. It does not know
what takes so long.

One look a second at all that is under way costs a request next to nothing; a timer for each would not.
"""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any

REQUEST_S = 30.0
STALL_S = 30.0
LOOK_S = 1.0


class Running:
    """One request under way: its task, and until when the next thing must have happened (0: it may take its time)."""

    __slots__ = ("abort", "begun", "expired", "task", "until")

    def __init__(self, task: "asyncio.Task[Any]", until: float, abort: Callable[[], None] | None) -> None:
        self.task = task
        self.until = until
        self.abort = abort
        self.begun = False
        self.expired = False


class TimeLimits:
    """Ends what takes longer than it may: by cancelling its task, and where the answer has begun, its connection."""

    def __init__(self, request_s: float = REQUEST_S, stall_s: float = STALL_S, look_s: float = LOOK_S) -> None:
        self.request_s = request_s
        self.stall_s = stall_s
        self._look_s = look_s
        self._running: set[Running] = set()
        self._timer: asyncio.TimerHandle | None = None

    def enter(self, abort: Callable[[], None] | None) -> Running:
        """A request of the current task begins; `abort` cuts its connection."""
        task = asyncio.current_task()
        assert task is not None
        running = Running(task, monotonic() + self.request_s, abort)
        self._running.add(running)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._look_s, self._look)
        return running

    def leave(self, running: Running) -> None:
        """It is over."""
        self._running.discard(running)

    def _look(self) -> None:
        now = monotonic()
        for running in self._running:
            if 0.0 < running.until < now and not running.expired:
                running.expired = True
                running.task.cancel()
                if running.begun and running.abort is not None:
                    running.abort()
        again = asyncio.get_running_loop().call_later if self._running else None
        self._timer = again(self._look_s, self._look) if again else None
