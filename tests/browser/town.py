"""An installation with people in it, and a browser of somebody's own, for modules that name this one in
`pytest_plugins`. It does not know what a test does with them.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from lib.db.pool import Pool, open_pool
from lib.postgres.server import PostgresServer
from tests.browser.mailed import mailed_link, mails
from tests.support import seed
from tests.support.accounts import PASSWORD, add_person, new_address
from tests.support.databases import fresh_database
from tests.support.servers import api_process

KEPT = "insitechart.session"


class Town(NamedTuple):
    """The running API, its database, and the folder into which it writes mails."""

    url: str
    pool: Pool
    home: Path

    async def link(self, address: str, subject: str) -> str:
        """The address of the page to which the newest mail to `address` leads."""
        return await mailed_link(self.home, address, subject)

    async def mails(self, address: str, subject: str) -> int:
        """How many mails `address` was sent whose subject holds `subject`, once all that was queued is sent."""
        async with asyncio.timeout(30):
            # the API sends them in a loop of its own
            while await self.pool.fetchval("SELECT EXISTS (SELECT FROM mails WHERE closed_at IS NULL)"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return sum(mail["To"] == address and subject in str(mail["Subject"]) for mail in mails(self.home))


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


async def sign_in(page: Page, address: str, password: str = PASSWORD) -> None:
    """On /me, which shows the account afterwards."""
    await page.goto("/me#sign-in")
    form = page.locator("#sign-in")
    await form.get_by_label("E-mail address").fill(address)
    await form.get_by_label("Password", exact=True).fill(password)
    await form.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()


async def kept(page: Page) -> dict[str, str] | None:
    """What this browser keeps of the session."""
    text = await page.evaluate(f"localStorage.getItem('{KEPT}')")
    return json.loads(text) if text else None
