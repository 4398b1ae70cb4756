"""Runs reading statements and says in our own errors why one could not be answered. It does not know any statement."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from lib.db.leases import LeasingPool
from lib.db.pool import Pool
from lib.errors import DatabaseUnavailable, TooSlow, UnstorableText

ACQUIRE_TIMEOUT_S = 5

_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    ConnectionError,
)
_AWAY = (
    *_LOST,
    OSError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
)


@contextmanager
def database_errors() -> Iterator[None]:
    """Turns what asyncpg raises inside into DatabaseUnavailable (of a deadlock, too), TooSlow for a statement
    that ran out of time, or UnstorableText.
    """
    try:
        yield
    except TimeoutError as error:
        raise DatabaseUnavailable(
            f"No connection to PostgreSQL became free within {ACQUIRE_TIMEOUT_S} s.", hint="Try again shortly."
        ) from error
    except _AWAY as error:
        raise DatabaseUnavailable("PostgreSQL cannot be reached.", hint="Try again shortly.") from error
    except (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError) as error:
        raise UnstorableText(
            "A text holds a character that cannot be kept.", hint="Leave out null characters."
        ) from error
    except asyncpg.DeadlockDetectedError as error:
        # PostgreSQL undid this one so that the other could go on
        raise DatabaseUnavailable("Something else changed the same at the same time.", hint="Try again.") from error
    except asyncpg.QueryCanceledError as error:
        raise TooSlow(
            "PostgreSQL took too long for this question, and was stopped.", hint="Ask for a shorter range."
        ) from error


async def read_rows(pool: Pool, statement: str, *arguments: object) -> list[asyncpg.Record]:
    """Every row of `statement`. Raises as database_errors.

    A connection that broke while it lay idle (the server was restarted) is replaced, and the statement asked once more:
    reads may be repeated.
    """
    with database_errors():
        try:
            return await _fetch(pool, statement, arguments)
        except _LOST:
            return await _fetch(pool, statement, arguments)


async def read_row(pool: Pool, statement: str, *arguments: object) -> asyncpg.Record | None:
    """The first row of `statement`, or None. Raises as database_errors."""
    rows = await read_rows(pool, statement, *arguments)
    return rows[0] if rows else None


async def _fetch(pool: Pool, statement: str, arguments: tuple[object, ...]) -> list[asyncpg.Record]:
    if isinstance(pool, LeasingPool):
        return await pool.read(statement, arguments, patience_s=ACQUIRE_TIMEOUT_S)
    async with pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
        return await connection.fetch(statement, *arguments)
