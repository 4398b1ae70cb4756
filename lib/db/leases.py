"""A pool that keeps connections at hand for single reads, the one used last first. It does not know any statement.

To take a connection from asyncpg's pool and hand it back costs a task, a timer and a shield each time: more than the
read of one row. Here a read takes a connection that is already taken, and leaves it taken for the next read. Whatever
goes wrong, the connection goes back to the pool, which knows how to end what is under way on it, or to replace it.
"""

import asyncio
from collections import deque
from typing import Any

import asyncpg

from lib.db.types import Pool, Pooled

# connections that reads leave to those who need one for longer
_LEFT_TO_OTHERS = 2


class LeasingPool(Pool):
    """asyncpg's pool, with `read` beside everything else. For statements that leave nothing in their session."""

    def __init__(self, *arguments: Any, max_size: int, **options: Any) -> None:
        super().__init__(*arguments, max_size=max_size, **options)
        self._most = max(1, max_size - _LEFT_TO_OTHERS)
        self._leased = 0
        self._at_hand: list[Pooled] = []
        self._waiting: deque[asyncio.Future[Pooled | None]] = deque()
        self._going_back: set[asyncio.Task[None]] = set()
        self._is_ending = False

    async def read(self, statement: str, arguments: tuple[object, ...], *, patience_s: float) -> list[asyncpg.Record]:
        """Every row of `statement`. Raises what asyncpg raises, and TimeoutError where no connection became free within
        `patience_s`.
        """
        connection = self._take() or await self._wait(patience_s)
        try:
            rows = await connection.fetch(statement, *arguments)
        except BaseException:
            # it may be lost, or still busy with what was given up
            self._return(connection)
            raise
        self._put(connection)
        return rows

    def get_idle_size(self) -> int:
        """Connections that nobody uses now, those at hand included."""
        return super().get_idle_size() + len(self._at_hand)

    async def close(self) -> None:
        """Waits for what is under way, then closes every connection."""
        self._is_ending = True
        while self._at_hand:
            self._return(self._at_hand.pop())
        await asyncio.gather(*self._going_back, return_exceptions=True)
        await super().close()

    def _take(self) -> Pooled | None:
        while self._at_hand:
            connection = self._at_hand.pop()
            if _is_open(connection):
                return connection
            # the server went away while it lay here
            self._return(connection)
        return None

    async def _wait(self, patience_s: float) -> Pooled:
        async with asyncio.timeout(patience_s):
            while self._leased >= self._most:
                free = await self._next()
                if free is not None:
                    return free
            self._leased += 1
            try:
                return await self.acquire()
            except BaseException:
                self._leased -= 1
                self._wake(None)
                raise

    async def _next(self) -> Pooled | None:
        """The next connection that is handed back, or None when room for another one came up instead."""
        turn: asyncio.Future[Pooled | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            # its turn had come, but it went away in the same moment
            if turn.done() and not turn.cancelled():
                free = turn.result()
                if free is None:
                    self._wake(None)
                else:
                    self._put(free)
            raise

    def _put(self, connection: Pooled) -> None:
        if self._is_ending or not _is_open(connection):
            self._return(connection)
        elif not self._wake(connection):
            self._at_hand.append(connection)

    def _return(self, connection: Pooled) -> None:
        self._leased -= 1
        task = asyncio.get_running_loop().create_task(self._release(connection))
        self._going_back.add(task)
        task.add_done_callback(self._going_back.discard)

    async def _release(self, connection: Pooled) -> None:
        try:
            await self.release(connection)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            # asyncpg has dropped it by now, and whoever used it has heard why
            pass
        finally:
            self._wake(None)

    def _wake(self, free: Pooled | None) -> bool:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(free)
                return True
        return False


def _is_open(connection: Pooled) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        # the pool has noticed already, and taken it back
        return False
