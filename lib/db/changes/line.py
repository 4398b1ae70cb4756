"""One connection kept for following the log of changes: it hears of every commit that changed something. It does not
know what is done about it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg

from lib.db.changes.numbering import number_changes
from lib.db.changes.reads import Versions, changes_from, newest_position, read_versions
from lib.db.pool import connect
from lib.db.reading import database_errors
from lib.domain.changes import Change, Position
from lib.errors import DatabaseError, DatabaseUnavailable

CHANNEL = "insitechart_changes"

# a server that has gone without a word is missed after this long
PATIENCE_S = 10.0
_CLOSING_S = 2.0


class Line:
    """An open connection. Every method raises DatabaseError, or DatabaseUnavailable once the connection is lost."""

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self._connection = connection
        self._stirred = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Returns when something was committed since the last call or the connection was lost, or after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._stirred.wait()
        except TimeoutError:
            pass
        self._stirred.clear()

    async def number(self) -> None:
        """Numbers everything that is committed by now."""
        async with self._answering():
            await number_changes(self._connection)

    async def newest(self) -> Position:
        """Where the log ends."""
        async with self._answering():
            return await newest_position(self._connection)

    async def read(self, seq: int, limit: int) -> list[Change]:
        """Up to `limit` changes in order, the one numbered `seq` first."""
        async with self._answering():
            return await changes_from(self._connection, seq, limit=limit)

    async def versions(self) -> Versions:
        """The versions of everything."""
        async with self._answering():
            return await read_versions(self._connection)

    def stir(self, *_: object) -> None:
        """Ends a wait, or the next one at once."""
        self._stirred.set()

    @asynccontextmanager
    async def _answering(self) -> AsyncIterator[None]:
        with _any_error():
            if self._connection.is_closed():
                raise DatabaseUnavailable("The connection to PostgreSQL was lost.", hint="It is opened anew by itself.")
            async with asyncio.timeout(PATIENCE_S):
                yield


@contextmanager
def _any_error() -> Iterator[None]:
    try:
        with database_errors():
            yield
    except asyncpg.PostgresError as error:
        raise DatabaseError(
            f"The log of changes cannot be followed: {error}", hint="Is the schema up to date?"
        ) from error


@asynccontextmanager
async def open_line(url: str) -> AsyncIterator[Line]:
    """A line that listens, closed on leaving. Raises DatabaseUnavailable."""
    connection = await connect(url, application="insitechart-live", statement_timeout_s=PATIENCE_S)
    line = Line(connection)
    try:
        connection.add_termination_listener(line.stir)
        with _any_error():
            await connection.add_listener(CHANNEL, line.stir)
        yield line
    finally:
        try:
            await connection.close(timeout=_CLOSING_S)
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection.terminate()
