"""Opens the place where a run's tasks are done: threads, processes, or an existing Dask cluster. It does not know them.

A killed process takes no more with it than what it was doing, which is done once more by another one.
"""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import BrokenExecutor, CancelledError, ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Literal, ParamSpec, TypeVar

import msgspec
from prefect import Task, get_run_logger
from prefect.futures import PrefectFuture
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner

from flows.support.orphans import end_with_starter
from lib.errors import ConfigurationError, PlatformError
from lib.settings import Settings

RunnerName = Literal["threads", "processes", "dask"]

P = ParamSpec("P")
R = TypeVar("R")

# a process that is killed by what it works on would be killed by it for ever
_LIVES = 3


class Place(msgspec.Struct, frozen=True):
    """Where tasks are to be done; `workers` counts threads or processes, a Dask cluster has those that it has."""

    runner: RunnerName
    workers: int
    dask_address: str | None


def place_of(settings: Settings, *, runner: RunnerName | None, workers: int | None, dask_address: str | None) -> Place:
    """The place that the settings name, but for what is given. Raises ConfigurationError for what cannot be used."""
    place = Place(
        runner or settings.task_runner,
        settings.task_workers if workers is None else workers,
        dask_address or settings.dask_address,
    )
    if place.workers < 1:
        raise ConfigurationError(f"workers is {workers}: it must be 1 or more.", hint="Leave it out for the default.")
    if place.runner == "dask" and place.dask_address is None:
        raise ConfigurationError(
            "The task runner is dask, and no scheduler is named.",
            hint="Set INSITECHART_DASK_ADDRESS, such as tcp://10.0.0.5:8786, or another INSITECHART_TASK_RUNNER.",
        )
    return place


class Crew:
    """Those who do tasks. `lanes` is how many tasks keep all of them busy, a next one at hand for each."""

    def __init__(self, runner: TaskRunner[Any], lanes: int) -> None:
        self.lanes = lanes
        self.runner = runner
        self._waiting = ThreadPoolExecutor(lanes, thread_name_prefix="crew")
        self._renewing = asyncio.Lock()

    async def do(self, task: Task[P, Coroutine[Any, Any, R]], **parameters: Any) -> R:
        """The result of `task`. Raises what it raised after its last retry, or PlatformError where whoever did it was
        lost again and again.
        """
        for _ in range(_LIVES):
            # one that is being renewed takes nothing: whoever comes meanwhile waits for its successor
            async with self._renewing:
                runner = self.runner
                future = runner.submit(task, parameters)
            try:
                return await self._outside(partial(_result, future))
            except BrokenExecutor:
                get_run_logger().warning("A worker process was killed; what it and its like were doing begins anew.")
                await self._renew(runner)
        raise PlatformError(
            f"Processes that were to do this were killed {_LIVES} times.", hint="Is there too little memory?"
        )

    async def open(self) -> None:
        """Before the first task."""
        await self._outside(self.runner.__enter__)

    async def close(self) -> None:
        """After the last one."""
        await self._outside(partial(self.runner.__exit__, None, None, None))
        self._waiting.shutdown(wait=False)

    async def _renew(self, broken: TaskRunner[Any]) -> None:
        async with self._renewing:
            if self.runner is broken:
                await self._outside(partial(broken.__exit__, None, None, None))
                self.runner = broken.duplicate()
                await self.open()

    async def _outside(self, call: Callable[[], R]) -> R:
        """What blocks must not hold up the flow's loop; it finds the flow run by the context that goes with it."""
        inside = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._waiting, partial(inside.run, call))


def _result(future: PrefectFuture[R]) -> R:
    try:
        return future.result()
    except CancelledError as error:
        # let through, it would count as a cancellation of whoever waits here
        raise PlatformError(
            "The connection to the workers was lost.", hint="Run it again: it does the rest."
        ) from error


@asynccontextmanager
async def crew_at(place: Place) -> AsyncIterator[Crew]:
    """Opens the place, and closes it at the end; a Dask cluster is left as it is.

    Raises ConfigurationError for a cluster that cannot be reached or cannot do our work.
    """
    crew = await _crew(place)
    await crew.open()
    try:
        yield crew
    finally:
        await crew.close()


async def _crew(place: Place) -> Crew:
    if place.runner == "threads":
        return Crew(ThreadPoolTaskRunner(max_workers=place.workers), place.workers)
    if place.runner == "processes":
        return Crew(ProcessPoolTaskRunner(max_workers=place.workers, initializer=end_with_starter), place.workers * 2)
    # Dask takes a second to load, and whoever uses threads need not wait for it
    from prefect_dask.task_runners import DaskTaskRunner

    from flows.support.dask_cluster import checked_threads

    assert place.dask_address is not None
    threads = await asyncio.to_thread(checked_threads, place.dask_address)
    return Crew(DaskTaskRunner(address=place.dask_address), threads * 2)
