"""Work that arrives while a broken pool of workers is replaced."""

import asyncio
import threading
from concurrent.futures import BrokenExecutor
from typing import Any, cast

from prefect import task
from prefect.logging import disable_run_logger
from prefect.task_runners import TaskRunner

from flows.support.task_runners import Crew


class _Future:
    def __init__(self, *, broken: bool) -> None:
        self._broken = broken

    def result(self) -> str:
        if self._broken:
            raise BrokenExecutor
        return "done"


class _Pool:
    """Takes work until it is closed, as Prefect's pools do; closing takes as long as the test wants."""

    def __init__(self, *, broken: bool) -> None:
        self.broken = broken
        self.is_closing, self.may_close = threading.Event(), threading.Event()

    def submit(self, _: object, __: object) -> _Future:
        if self.is_closing.is_set():
            raise AttributeError("'NoneType' object has no attribute 'submit'")
        return _Future(broken=self.broken)

    def duplicate(self) -> "_Pool":
        return _Pool(broken=False)

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        self.is_closing.set()
        self.may_close.wait(10)


@task
async def nothing() -> None:
    """Is never run: the pools above do not run anything."""


async def test_work_that_comes_while_a_broken_pool_is_replaced_waits_for_the_next_one() -> None:
    broken = _Pool(broken=True)
    crew = Crew(cast("TaskRunner[Any]", broken), lanes=2)
    with disable_run_logger():
        first = asyncio.create_task(crew.do(nothing))
        await asyncio.to_thread(broken.is_closing.wait, 10)
        second = asyncio.create_task(crew.do(nothing))
        await asyncio.sleep(0)
        broken.may_close.set()
        assert await asyncio.gather(first, second) == ["done", "done"]
