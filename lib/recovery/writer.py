"""A steady writer: so many commits a second, each with its number, and outside of the database a list of those that
were acknowledged. It does not know what happens to the server, and follows whichever takes writes.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from lib.db.recovery.commits import Client
from lib.errors import DatabaseUnavailable, DrillRefused
from lib.recovery.losses import Acknowledged

_AGAIN_S = 0.02


class Writer:
    """Goes on from number `first`. What was not acknowledged is not tried again: it may be there, and may not."""

    def __init__(self, url: str, *, per_second: float, ledger: Path, first: int = 1) -> None:
        self._client = Client(url)
        self._every_s, self._ledger, self._next = 1 / per_second, ledger, first
        self.acknowledged: list[Acknowledged] = []
        self.doubtful: list[int] = []
        self._acknowledged_one = asyncio.Event()
        self._failure: Exception | None = None

    @property
    def next_number(self) -> int:
        """The first number that was not tried yet."""
        return self._next

    async def run(self) -> None:
        """Writes until it is cancelled."""
        due = time.monotonic()
        # a handful of bytes each, which must outlive whoever writes them
        with self._ledger.open("a", encoding="ascii", buffering=1) as ledger:
            try:
                while True:
                    number, self._next = self._next, self._next + 1
                    try:
                        await self._client.commit(number)
                    except DatabaseUnavailable:
                        self.doubtful.append(number)
                        await asyncio.sleep(_AGAIN_S)
                        due = time.monotonic()
                        continue
                    one = Acknowledged(number, time.time())
                    self.acknowledged.append(one)
                    ledger.write(f"{number} {one.at:.6f}\n")
                    self._acknowledged_one.set()
                    due += self._every_s
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
            except Exception as error:
                # whoever waits for more must not wait for nothing
                self._failure = error
                self._acknowledged_one.set()
                raise
            finally:
                await self._client.close()

    async def further(self, commits: int, *, seconds: float) -> Acknowledged:
        """Waits for so many more; the first of them. Raises DrillRefused where they do not come in time."""
        had = len(self.acknowledged)
        try:
            async with asyncio.timeout(seconds):
                while len(self.acknowledged) < had + commits:
                    if self._failure is not None:
                        raise self._failure
                    self._acknowledged_one.clear()
                    await self._acknowledged_one.wait()
        except TimeoutError:
            came = len(self.acknowledged) - had
            raise DrillRefused(
                f"The drill's writer got {came} of {commits} commits through in {seconds:.0f} s."
            ) from None
        return self.acknowledged[had]


@asynccontextmanager
async def writing(url: str, *, per_second: float, ledger: Path, first: int = 1) -> AsyncIterator[Writer]:
    """A writer that runs until the block is left."""
    writer = Writer(url, per_second=per_second, ledger=ledger, first=first)
    task = asyncio.create_task(writer.run())
    try:
        yield writer
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
