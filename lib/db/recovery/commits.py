"""Commits that a drill numbers, so that those which were lost can be counted. It does not know who writes them."""

import asyncio
from contextlib import suppress
from typing import Any

import asyncpg

from lib.db.pool import connect
from lib.errors import DatabaseUnavailable

_MAKE = """
CREATE SCHEMA IF NOT EXISTS drill;
CREATE TABLE IF NOT EXISTS drill.commits (
    number     bigint PRIMARY KEY,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""

_COMMIT = "INSERT INTO drill.commits (number) VALUES ($1)"

_FOUND = "SELECT number FROM drill.commits ORDER BY number"

# whatever breaks a connection, or keeps one from being made, while a server dies and another takes over
_BROKEN = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


class Client:
    """A client that follows the server which takes writes, whichever of `url`'s hosts that is."""

    def __init__(self, url: str, *, seconds: float = 1.0) -> None:
        self._url, self._seconds = url, seconds
        self._connection: asyncpg.Connection[Any] | None = None

    async def commit(self, number: int) -> None:
        """Returns once `number` is acknowledged. Raises DatabaseUnavailable where that is not certain: it may be there
        or not.
        """
        try:
            async with asyncio.timeout(self._seconds):
                if self._connection is None or self._connection.is_closed():
                    self._connection = await asyncpg.connect(
                        self._url,
                        timeout=self._seconds,
                        target_session_attrs=asyncpg.connect_utils.SessionAttribute.read_write,
                        server_settings={"application_name": "insitechart-drill"},
                    )
                await self._connection.execute(_COMMIT, number)
        except _BROKEN as error:
            await self.close()
            raise DatabaseUnavailable(
                f"Commit {number} was not acknowledged: {error or type(error).__name__}."
            ) from None

    async def close(self) -> None:
        """Lets the connection go at once."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*_BROKEN):
                connection.terminate()


def several(*urls: str) -> str:
    """One address of several servers of the same user, password and database."""
    head, _, rest = urls[0].partition("@")
    places = [url.partition("@")[2].partition("/")[0] for url in urls]
    return f"{head}@{','.join(places)}/{rest.partition('/')[2]}"


async def make_commits(url: str) -> None:
    """A place for them, in a schema of its own, unless it is there. Raises DatabaseUnavailable."""
    connection = await connect(url, application="insitechart-drill")
    try:
        await connection.execute(_MAKE)
    finally:
        await connection.close()


async def found_commits(url: str) -> list[int]:
    """The numbers that are there, in order. Raises DatabaseUnavailable."""
    connection = await connect(url, application="insitechart-drill")
    try:
        return [row["number"] for row in await connection.fetch(_FOUND)]
    finally:
        await connection.close()
