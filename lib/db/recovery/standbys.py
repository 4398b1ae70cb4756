"""What a primary and its standby are told and asked while a drill promotes one. It does not start either."""

import asyncio
from time import monotonic
from typing import Any

import asyncpg

from lib.db.pool import connect
from lib.errors import NotRestorable

NAME = "drill_standby"

_SYNCHRONOUS = f"ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 ({NAME})'"

_RELOAD = "SELECT pg_reload_conf()"

_FOLLOWS = """
SELECT EXISTS (SELECT FROM pg_stat_replication
               WHERE application_name = $1 AND state = 'streaming' AND sync_state IN ('sync', 'quorum'))
"""

_PROMOTE = "SELECT pg_promote(true, $1)"

_IDENTITY = """
SELECT (SELECT system_identifier::text FROM pg_control_system()),
       CASE WHEN pg_has_role(current_user, 'pg_read_all_settings', 'USAGE') THEN current_setting('data_directory') END
"""

# the last is what a connection says that breaks in this very moment
_GONE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


async def follow_synchronously(url: str, *, seconds: float) -> None:
    """From now on a commit is acknowledged only once the standby has it; returns when that holds.

    Raises NotRestorable where the standby does not follow in time.
    """
    connection = await connect(url, application="insitechart-drill")
    try:
        await connection.execute(_SYNCHRONOUS)
        await connection.execute(_RELOAD)
        until = monotonic() + seconds
        while not await connection.fetchval(_FOLLOWS, NAME):
            if monotonic() > until:
                raise NotRestorable(f"The standby did not follow its primary within {seconds:.0f} s.")
            await asyncio.sleep(0.05)
    finally:
        await connection.close()


async def promote(url: str, *, seconds: int) -> None:
    """Makes the standby at `url` a primary. Raises NotRestorable where it does not become one in time."""
    connection = await connect(url, application="insitechart-drill")
    try:
        if not await connection.fetchval(_PROMOTE, seconds):
            raise NotRestorable(f"The standby was not promoted within {seconds} s.")
    finally:
        await connection.close()


async def identity(url: str) -> tuple[str, str | None]:
    """The system identifier of the server at `url`, and its data folder where its user may know it."""
    connection = await connect(url, application="insitechart-drill")
    try:
        row = await connection.fetchrow(_IDENTITY)
        assert row is not None
        return row[0], row[1]
    finally:
        await connection.close()


class Detector:
    """Decides when the server at `url` is gone: a refused connection counts at once, silence after `misses` looks of
    `interval_s` each. It does not do anything about it.
    """

    def __init__(self, url: str, *, interval_s: float = 0.5, misses: int = 3) -> None:
        self._url, self._interval_s, self._misses = url, interval_s, misses
        self._broken = asyncio.Event()

    async def watch(self) -> str:
        """Returns, in a sentence, why the server counts as gone."""
        missed = 0
        connection: asyncpg.Connection[Any] | None = None
        try:
            while missed < self._misses:
                begun = monotonic()
                try:
                    async with asyncio.timeout(self._interval_s):
                        if connection is None:
                            self._broken.clear()
                            connection = await asyncpg.connect(self._url, timeout=self._interval_s)
                            connection.add_termination_listener(lambda _: self._broken.set())
                        await connection.execute("SELECT 1")
                    missed = 0
                except ConnectionRefusedError:
                    return "it refused a connection"
                except (*_GONE, TimeoutError):
                    missed += 1
                    if connection is not None:
                        connection.terminate()
                        connection = None
                await self._pause(connection, self._interval_s - (monotonic() - begun))
            return f"it was silent for {self._misses} looks of {self._interval_s:g} s"
        finally:
            if connection is not None:
                connection.terminate()

    async def _pause(self, connection: "asyncpg.Connection[Any] | None", seconds: float) -> None:
        # a connection that breaks is looked into at once
        if connection is None or seconds <= 0:
            await asyncio.sleep(max(0.0, min(seconds, 0.05)))
            return
        try:
            async with asyncio.timeout(seconds):
                await self._broken.wait()
        except TimeoutError:
            return
