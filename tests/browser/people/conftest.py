"""An installation with people in it, and a browser of somebody's own."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, BrowserContext

from lib.db.pool import open_pool
from lib.postgres.server import PostgresServer
from tests.browser.people.town import Town
from tests.support import seed
from tests.support.accounts import add_person, new_address
from tests.support.databases import fresh_database
from tests.support.servers import api_process


@pytest.fixture(scope="module")
async def town(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """An installation with three stocks, of which one has prices."""
    home = tmp_path_factory.mktemp("town")
    async with fresh_database(postgres) as url, open_pool(url, application="insitechart-test", max_size=4) as pool:
        await seed.add_scorer(pool)
        await seed.add_symbol(pool, "AAPL", "Apple Inc.", name_ko="애플")
        await seed.add_symbol(pool, "NVDA", "NVIDIA Corporation", name_ko="엔비디아")
        await seed.add_symbol(pool, "005930.KS", "Samsung Electronics", name_ko="삼성전자", currency="KRW")
        # half the price after a split of two for one, which is no fall
        await seed.add_bar(pool, "AAPL", datetime(2026, 3, 2, tzinfo=UTC), 200, adj_close=100)
        await seed.add_bar(pool, "AAPL", datetime(2026, 3, 3, tzinfo=UTC), 102, adj_close=102)
        # tests sign in more often than a person does
        kinds = ("logins", "refreshes", "anonymous_reads", "refusals")
        limits = {f"limits_{kind}": "0" for kind in kinds}
        with api_process(database_url=url, home=str(home), log_level="warning", **limits) as address:
            yield Town(address, pool, home)


@pytest.fixture
async def device(browser: Browser, town: Town) -> AsyncIterator[BrowserContext]:
    """A browser of somebody's own, English, that fails the test where a script fails."""
    context = await browser.new_context(base_url=town.url, locale="en-US", reduced_motion="reduce")
    context.set_default_timeout(60_000)
    failed: list[str] = []
    context.on("weberror", lambda error: failed.append(str(error.error)))
    yield context
    await context.close()
    assert failed == []


@pytest.fixture
async def kim(town: Town) -> str:
    """The address of somebody who has an account."""
    return (await add_person(town.pool, new_address())).email
