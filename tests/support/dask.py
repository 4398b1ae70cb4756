"""A Dask cluster of its own for a test: one scheduler and its workers, each a process, on loopback."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import IO

_ON_LOOPBACK = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0", "--no-dashboard")
_ADDRESS = re.compile(r"(?:Scheduler at|Registered to):\s+(tcp://\S+)")


class LocalDask:
    """`address` of the scheduler; `workers` are the processes that do the work, in the order of their start."""

    def __init__(self) -> None:
        self.address = ""
        self.workers: list[subprocess.Popen[str]] = []

    @property
    def pids(self) -> set[int]:
        """Of the workers."""
        return {worker.pid for worker in self.workers}


@contextmanager
def dask_cluster(*, workers: int = 2, environment: Mapping[str, str] | None = None) -> Iterator[LocalDask]:
    """A scheduler and `workers` with one thread each, whose environment has `environment`, too. Ended on leaving."""
    cluster = LocalDask()
    with ExitStack() as stack:
        scheduler = stack.enter_context(_running("scheduler", "--port", "0", environment=environment))
        cluster.address = _address(scheduler)
        for _ in range(workers):
            # without a nanny: what is killed stays dead
            words = ("worker", cluster.address, "--nthreads", "1", "--no-nanny")
            cluster.workers.append(stack.enter_context(_running(*words, environment=environment)))
        for worker in cluster.workers:
            _address(worker)
        yield cluster


@contextmanager
def _running(*words: str, environment: Mapping[str, str] | None) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", f"distributed.cli.dask_{words[0]}", *words[1:], *_ON_LOOPBACK],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[str]) -> str:
    """The first address that the process tells; what follows is read and dropped, so that it never has to wait."""
    said = []
    assert process.stderr is not None
    for line in process.stderr:
        said.append(line)
        if found := _ADDRESS.search(line):
            threading.Thread(target=_drop, args=(process.stderr,), daemon=True).start()
            return found[1]
    raise AssertionError("".join(said))


def _drop(stream: IO[str]) -> None:
    for _ in stream:
        pass
