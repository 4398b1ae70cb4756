"""Resolves what a flow run works on. It does not know any flow."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lib.db.pool import Pool, open_pool
from lib.platform import database_url
from lib.settings import load_settings


@asynccontextmanager
async def database(application: str, *, connections: int = 8) -> AsyncIterator[Pool]:
    """A pool on the database of this installation, closed on leaving. `application` is what PostgreSQL shows of it.

    Raises PlatformError where no platform runs, DatabaseUnavailable where its database cannot be used.
    """
    settings = load_settings()
    slow_s = settings.log_slow_ms / 1000
    async with open_pool(
        database_url(settings), application=application, max_size=connections, slow_statement_s=slow_s
    ) as pool:
        yield pool
