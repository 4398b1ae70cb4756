"""Remembers answers for a few seconds, so that a hot caller does not ask the database each time. It does not know what
is asked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Remembered(Generic[Answer]):
    """Answers by key, each for `seconds` from when it was asked for, `most` of them at once. Who asks while the same is
    being asked waits for that; errors, and answers of nothing, are not remembered.
    """

    def __init__(self, *, seconds: float, most: int = 10_000) -> None:
        self._seconds, self._most = seconds, most
        self._known: dict[Hashable, tuple[float, Answer]] = {}
        self._asking: dict[Hashable, asyncio.Task[Answer | None]] = {}

    async def get(self, key: Hashable, ask: Callable[[], Awaitable[Answer | None]]) -> Answer | None:
        """The answer that is remembered, or what `ask` says now. Raises as `ask`."""
        found = self._known.get(key)
        if found is not None and monotonic() < found[0]:
            return found[1]
        asking = self._asking.get(key)
        if asking is None:
            asking = asyncio.ensure_future(self._ask(key, ask))
            asking.add_done_callback(_heard)
            self._asking[key] = asking
        return await asyncio.shield(asking)

    def forget(self) -> None:
        """Everything; what is being asked now is not remembered either."""
        self._known.clear()
        self._asking.clear()

    async def _ask(self, key: Hashable, ask: Callable[[], Awaitable[Answer | None]]) -> Answer | None:
        me = asyncio.current_task()
        until = monotonic() + self._seconds
        try:
            answer = await ask()
            if answer is not None and self._asking.get(key) is me:
                self._known.pop(key, None)
                while len(self._known) >= self._most:
                    del self._known[next(iter(self._known))]
                self._known[key] = (until, answer)
            return answer
        finally:
            if self._asking.get(key) is me:
                del self._asking[key]


def _heard(asked: "asyncio.Task[Answer | None]") -> None:
    # whoever waited may have been cancelled; an error that nobody hears is not one of the loop's
    if not asked.cancelled():
        asked.exception()
