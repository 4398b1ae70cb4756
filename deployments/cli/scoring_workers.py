"""Processes that score side by side. It does not know what is shown of them, nor how a post is scored.

Reading texts keeps one core busy, and a Python process uses one; the queue lets any number take from it.
"""

import asyncio
import gc
import signal
from collections.abc import Iterator, Sequence
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from multiprocessing.sharedctypes import Synchronized

from lib.db.pool import Pool, open_pool
from lib.db.scoring import BatchResult, Readers, score_batch
from lib.errors import InsiteChartError, PlatformError

BATCH = 2000
# one batch is read while PostgreSQL stores the other
_LANES = 2


class ScoringProcesses:
    """Up to `processes` processes that score up to `total` of the posts that wait; iterate `results()` to run them."""

    def __init__(self, url: str, scorers: Sequence[str], *, total: int, processes: int) -> None:
        self._context = get_context("spawn")
        self._allowance = self._context.Value("q", total)
        # more processes than batches would have nothing to do
        self._count = min(processes, -(-total // BATCH))
        self._work = (url, tuple(scorers), self._allowance)

    def stop(self) -> None:
        """Begins no further batch; those under way are finished. May be called by a signal handler."""
        with self._allowance.get_lock():
            self._allowance.value = 0

    def results(self) -> Iterator[BatchResult]:
        """Each batch as it is done, in no order. Leaving early stops as `stop` does.

        Raises what a process raised, or PlatformError if one was killed; what that one held waits again.
        """
        running: dict[Connection, SpawnProcess] = {}
        try:
            for _ in range(self._count):
                receiving, sending = self._context.Pipe(duplex=False)
                process = self._context.Process(target=_work, args=(*self._work, sending), daemon=True)
                process.start()
                sending.close()
                running[receiving] = process
            while running:
                for ready in wait(list(running)):
                    assert isinstance(ready, Connection)
                    report = _receive(ready)
                    if report is None:
                        _check_end(running.pop(ready))
                    elif isinstance(report, InsiteChartError):
                        raise report
                    else:
                        yield report
        finally:
            self.stop()
            for process in running.values():
                process.join()


def _receive(connection: Connection) -> BatchResult | InsiteChartError | None:
    try:
        report: BatchResult | InsiteChartError = connection.recv()
    except EOFError:
        return None
    return report


def _check_end(process: SpawnProcess) -> None:
    process.join()
    if process.exitcode:
        raise PlatformError(
            f"A scoring process ended before its work was done (exit code {process.exitcode}).",
            hint="What it held waits again: run the command once more.",
        )


def _work(url: str, scorers: Sequence[str], allowance: "Synchronized[int]", reports: Connection) -> None:
    # Ctrl-C reaches every process of the terminal; ending is decided by the one that started this one
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        asyncio.run(_score(url, scorers, allowance, reports))
    except InsiteChartError as error:
        reports.send(error)


async def _score(url: str, scorers: Sequence[str], allowance: "Synchronized[int]", reports: Connection) -> None:
    async with open_pool(url, application="insitechart-score", max_size=_LANES) as pool:
        readers = Readers(scorers)
        await readers.current(pool)
        # the listings stay as long as the process: nothing to be looked through for garbage again and again
        gc.collect()
        gc.freeze()
        await asyncio.gather(*(_lane(pool, readers, allowance, reports) for _ in range(_LANES)))


async def _lane(pool: Pool, readers: Readers, allowance: "Synchronized[int]", reports: Connection) -> None:
    starter = parent_process()
    assert starter is not None
    while starter.is_alive() and (size := _take(allowance)):
        result = await score_batch(pool, await readers.current(pool), limit=size)
        with allowance.get_lock():
            allowance.value += size - result.taken if allowance.value else 0
        if not result.taken:
            break
        reports.send(result)


def _take(allowance: "Synchronized[int]") -> int:
    with allowance.get_lock():
        size = min(BATCH, allowance.value)
        allowance.value -= size
    return size
