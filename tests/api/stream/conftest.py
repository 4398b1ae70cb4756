"""The application with a stream of changes on a real socket."""

from collections.abc import AsyncIterator

import pytest

from lib.db.pool import Pool
from lib.settings import Settings
from tests.support import seed
from tests.support.served import Served, served


@pytest.fixture
async def web(pool: Pool, database_url: str) -> AsyncIterator[Served]:
    """The application with two listings and one scorer."""
    await seed.add_scorer(pool)
    for symbol in ("AAPL", "MSFT"):
        await seed.add_symbol(pool, symbol)
    async with served(Settings(database_url=database_url, api_port=0)) as running:
        yield running
