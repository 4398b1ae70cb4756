"""Connections to PostgreSQL. It does not know any table, nor where the server comes from."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from lib.db.leases import LeasingPool
from lib.db.told import telling_connection
from lib.db.types import Connection, Pool
from lib.errors import DatabaseUnavailable

# jit off: our statements are short, and compiling one takes longer than running it
_SESSION = {"timezone": "UTC", "jit": "off", "lock_timeout": "30s"}
_UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.CannotConnectNowError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ClientConfigurationError,
)


def _session(application: str, statement_timeout_s: float) -> dict[str, str]:
    return {**_SESSION, "application_name": application, "statement_timeout": f"{int(statement_timeout_s * 1000)}ms"}


def _unavailable(url: str, error: BaseException) -> DatabaseUnavailable:
    place = url.rsplit("@", 1)[-1]
    return DatabaseUnavailable(
        f"PostgreSQL at {place} cannot be used: {error or type(error).__name__}.",
        hint="Check that it is running and that INSITECHART_DATABASE_URL is right, or unset it for the embedded one.",
    )


async def connect(url: str, *, application: str, statement_timeout_s: float = 0) -> "asyncpg.Connection[Any]":
    """One connection, UTC session, to be closed by the caller. Raises DatabaseUnavailable. Time-out 0 means none."""
    try:
        return await asyncpg.connect(url, timeout=10, server_settings=_session(application, statement_timeout_s))
    except _UNREACHABLE as error:
        raise _unavailable(url, error) from error


# what create_pool would say
_AS_CREATED: dict[str, Any] = {
    "max_queries": 50_000,
    "max_inactive_connection_lifetime": 300.0,
    "setup": None,
    "init": None,
    "loop": None,
    "record_class": asyncpg.Record,
}


async def _leave_as_it_is(connection: Connection) -> None:
    """Instead of asyncpg's reset, which costs a round trip."""


@asynccontextmanager
async def open_pool(
    url: str,
    *,
    application: str,
    min_size: int = 1,
    max_size: int = 8,
    statement_timeout_s: float = 0,
    slow_statement_s: float = 1.0,
    stateless: bool = False,
) -> AsyncIterator[Pool]:
    """A pool of UTC sessions, closed on leaving. Raises DatabaseUnavailable. A statement time-out of 0 means none. A
    statement that fails, or takes `slow_statement_s` (0: never mind), is told of in a log line.

    `stateless` promises that no statement leaves anything in its session (a setting, a lock, a listener), which saves
    the reset between two users of a connection, and lets reads keep connections at hand.
    """
    session = _session(application, statement_timeout_s)
    telling = telling_connection(slow_statement_s, application)
    try:
        if stateless:
            pool: Pool = await LeasingPool(
                url,
                min_size=min_size,
                max_size=max_size,
                timeout=10,
                reset=_leave_as_it_is,
                connection_class=telling,
                server_settings=session,
                **_AS_CREATED,
            )
        else:
            pool = await asyncpg.create_pool(
                url,
                min_size=min_size,
                max_size=max_size,
                timeout=10,
                connection_class=telling,
                server_settings=session,
            )
    except _UNREACHABLE as error:
        raise _unavailable(url, error) from error
    try:
        yield pool
    finally:
        try:
            await asyncio.wait_for(pool.close(), timeout=5)
        except TimeoutError:
            pool.terminate()


__all__ = ["Connection", "Pool", "connect", "open_pool"]
