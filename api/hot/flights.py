"""Work that many wait for is done once. It does not know what the work is.

The work belongs to nobody who waits: one who goes away, the first included, takes nothing from the others.
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class Flights(Generic[Result]):
    """What is under way, by key."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[Result]] = {}

    def __len__(self) -> int:
        return len(self._under_way)

    async def join(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """The result of `work`, begun now unless it is under way under `key`. Raises what it raises, to all."""
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(work())
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._landed(key, done))
        return await asyncio.shield(task)

    def _landed(self, key: Hashable, task: asyncio.Task[Result]) -> None:
        self._under_way.pop(key, None)
        if not task.cancelled():
            # asked for, so that an error of which everybody who waited went away is not reported a second time
            task.exception()
