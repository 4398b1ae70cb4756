"""Transactions of short writes, which say in our own errors why they could not be made. It does not know any statement.

Nothing is asked twice: what a broken connection had done by then is not known.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lib.db.pool import Connection, Pool
from lib.db.reading import ACQUIRE_TIMEOUT_S, database_errors


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """A connection inside a transaction, committed on leaving and undone by any error. Raises as database_errors."""
    with database_errors():
        async with pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection, connection.transaction():
            yield connection
