"""What the chart tells beside its figures: news, splits, dividends where they happened, and where prices have ended."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from lib.db.pool import open_pool
from lib.postgres.server import PostgresServer
from tests.browser.charted import go_back, legend
from tests.browser.conftest import DESKTOP
from tests.support import seed
from tests.support.databases import fresh_database
from tests.support.servers import api_process

DAY = timedelta(days=1)
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
LAST_PRICE = datetime(2017, 9, 1, tzinfo=UTC)
ARTICLE = "https://news.example.com/chips"

_LEADS = "UPDATE posts SET title = $2, url = $3 WHERE id = $1"


@pytest.fixture(scope="module")
async def told(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """An API that knows a stock with news and a split, and one whose prices ended years before people stopped talking:
    so much later that no recent row has a price.
    """
    home = tmp_path_factory.mktemp("told")
    async with fresh_database(postgres) as url, open_pool(url, application="insitechart-test") as pool:
        await seed.add_scorer(pool)
        await seed.add_symbol(pool, "AAPL", "Apple Inc.")
        for back in range(60, 0, -1):
            await seed.add_bar(pool, "AAPL", TODAY - back * DAY, 200 - back)
        await seed.add_action(pool, "AAPL", TODAY - 5 * DAY, "split", "4")
        for number in range(4):
            post = await seed.add_post(
                pool,
                "AAPL",
                TODAY - 3 * DAY + timedelta(hours=9, minutes=number),
                external_id=f"n{number}",
                source="feeds",
            )
            await pool.execute(_LEADS, post, f"Chips are scarce, part {number}", ARTICLE)
        await seed.add_post(pool, "AAPL", TODAY - 2 * DAY + timedelta(hours=9), "$AAPL to the moon", external_id="talk")

        await seed.add_symbol(pool, "OLDC", "Old Company")
        for back in range(400):
            await seed.add_bar(pool, "OLDC", LAST_PRICE - back * DAY, 50 + back % 7)
        for back in range(0, 600, 30):
            await seed.add_bucket(pool, "OLDC", TODAY - back * DAY, [0.5, 0.1], authors=[1, 2])
        with api_process(database_url=url, home=str(home), limits_anonymous_reads="0", log_level="warning") as address:
            yield address


@pytest.fixture
async def reader(told: str, browser: Browser) -> AsyncIterator[Page]:
    """A page of somebody who reads English; fails where a script does."""
    context = await browser.new_context(
        base_url=told,
        locale="en-US",
        viewport=DESKTOP,  # type: ignore[arg-type]
        reduced_motion="reduce",
    )
    context.set_default_timeout(60_000)
    failed: list[str] = []
    context.on("weberror", lambda error: failed.append(str(error.error)))
    yield await context.new_page()
    await context.close()
    assert failed == []


def _price(page: Page) -> Locator:
    return legend(page, "price")


async def _open(page: Page, symbol: str) -> None:
    await page.goto(f"/stocks/{symbol}")
    await page.locator("[data-chart][data-whole]").wait_for()


async def test_news_and_splits_are_told_where_they_happened(reader: Page) -> None:
    await _open(reader, "AAPL")
    await go_back(reader, 2)
    await expect(_price(reader)).to_contain_text("Chips are scarce, part 0")
    # of many headlines two, and how many others there are
    await expect(_price(reader).locator(".note")).to_have_count(3)
    await expect(_price(reader)).to_contain_text("and 2 more")
    await expect(reader.locator("[data-said]")).to_contain_text("Chips are scarce, part 1")
    await reader.keyboard.press("ArrowLeft")
    await reader.keyboard.press("ArrowLeft")
    await expect(_price(reader)).to_contain_text("Split 4 : 1")
    await reader.keyboard.press("End")
    await reader.keyboard.press("ArrowLeft")
    # what people say is no news
    await expect(_price(reader)).to_contain_text("Close 198.00")
    await expect(_price(reader).locator(".note")).to_have_count(0)


async def test_the_table_leads_to_the_articles(reader: Page) -> None:
    await _open(reader, "AAPL")
    await reader.get_by_role("button", name="Show as a table").click()
    row = reader.locator("[data-table] tbody tr").nth(2)
    await expect(row.get_by_role("link")).to_have_count(4)
    await expect(row.get_by_role("link", name="Chips are scarce, part 3")).to_have_attribute("href", ARTICLE)
    await expect(row.get_by_role("link").first).to_have_attribute("rel", "noopener noreferrer nofollow")


async def test_prices_that_ended_are_shown_up_to_their_end_which_is_said(reader: Page) -> None:
    await _open(reader, "OLDC")
    end = reader.locator("[data-prices-end]")
    await expect(end).to_contain_text("Prices end on Sep 1, 2017")
    # Sep 1 is the last price, and nothing later pushes it out of sight
    await expect(_price(reader)).to_contain_text("Sep 1, 2017")
    await expect(_price(reader)).to_contain_text("Close 50.00")
    await reader.get_by_role("button", name="Show as a table").click()
    rows = reader.locator("[data-table] tbody tr")
    last = rows.filter(has_text="Sep 1, 2017")
    await expect(last).to_have_count(1)
    await reader.get_by_role("button", name="6M", exact=True).click()
    await expect(reader.locator('[data-range="6m"]')).to_have_attribute("aria-pressed", "true")
    await expect(last).to_have_count(1)
    # what was said since can be reached
    await reader.get_by_role("button", name="All", exact=True).click()
    await expect(rows.first).to_contain_text(str(TODAY.year))
    await expect(rows.nth(1)).to_contain_text("+0.30")


async def test_prices_that_go_on_say_nothing_of_an_end(reader: Page) -> None:
    await _open(reader, "AAPL")
    await expect(reader.locator("[data-prices-end]")).to_be_hidden()
