"""The chart as an analyst uses it: figures under the crosshair, years that come when they are wanted, times that were
not heard, what was known then, changes as they happen; and stocks beside each other.
"""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.async_api import Browser, Page, expect

from lib.db.pool import Pool, open_pool
from lib.postgres.server import PostgresServer
from tests.browser.charted import go_back, legend
from tests.browser.conftest import DESKTOP, PHONE, Visit
from tests.support import seed
from tests.support.databases import fresh_database
from tests.support.servers import api_process

DAY = timedelta(days=1)
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


class Small(NamedTuple):
    """An API that knows one stock, of sixty days, and its database."""

    url: str
    database: str
    pool: Pool


@pytest.fixture(scope="module")
async def small(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Small]:
    """Thirty days ago nothing was heard from Reddit; twenty days ago there was a dividend."""
    home = tmp_path_factory.mktemp("small")
    async with fresh_database(postgres) as url, open_pool(url, application="insitechart-test") as pool:
        await seed.add_scorer(pool)
        await seed.add_symbol(pool, "AAPL", "Apple Inc.")
        for back in range(60, 0, -1):
            await seed.add_bar(pool, "AAPL", TODAY - back * DAY, 200 - back)
        for back in range(60, 0, -3):
            await seed.add_bucket(pool, "AAPL", TODAY - back * DAY + timedelta(hours=15), [0.5, 0.1], authors=[1, 2])
        await seed.add_action(pool, "AAPL", TODAY - 20 * DAY, "dividend", "0.26")
        await seed.add_gap(
            pool, "reddit", "submissions/stocks", TODAY - 30 * DAY, length=2 * DAY, reason="Reddit answers 503."
        )
        with api_process(database_url=url, home=str(home), limits_anonymous_reads="0", log_level="warning") as address:
            yield Small(address, url, pool)


@pytest.fixture
async def apple(small: Small, browser: Browser) -> AsyncIterator[Page]:
    """The page of the one stock, its chart whole."""
    context = await browser.new_context(base_url=small.url, locale="en-US", viewport=DESKTOP)  # type: ignore[arg-type]
    context.set_default_timeout(60_000)
    page = await context.new_page()
    await page.goto("/stocks/AAPL")
    await page.locator("[data-chart][data-whole]").wait_for()
    yield page
    await context.close()


async def test_the_figures_follow_the_pointer_and_the_keys(apple: Page) -> None:
    await expect(legend(apple, "price")).to_contain_text("Close 199.00")
    box = await apple.locator("[data-canvas]").bounding_box()
    assert box is not None
    await apple.mouse.move(box["x"] + 20, box["y"] + 120)
    await expect(legend(apple, "price")).not_to_contain_text("Close 199.00")
    await apple.mouse.move(5, 5)
    await go_back(apple, 2)
    await expect(legend(apple, "price")).to_contain_text("Close 197.00")
    await expect(legend(apple, "mood")).to_contain_text("+0.30 positive")
    await expect(legend(apple, "posts")).to_contain_text("2")
    await expect(apple.locator("[data-said]")).to_contain_text("Close 197.00, ▲0.51%")
    await expect(apple.locator("[data-said]")).to_contain_text("2 posts")
    await apple.keyboard.press("Escape")
    await expect(legend(apple, "price")).to_contain_text("Close 199.00")


async def test_times_that_were_not_heard_say_which_source_and_why(apple: Page) -> None:
    await go_back(apple, 29)
    await expect(legend(apple, "mood")).to_contain_text("reddit was not heard")
    await expect(legend(apple, "mood")).to_contain_text("Reddit answers 503.")
    await apple.keyboard.press("Shift+ArrowRight")
    await expect(legend(apple, "mood")).not_to_contain_text("reddit")


async def test_the_table_has_what_is_in_sight(apple: Page) -> None:
    await apple.get_by_role("button", name="Show as a table").click()
    rows = apple.locator("[data-table] tbody tr")
    await expect(rows).to_have_count(60)
    await expect(rows.nth(19)).to_contain_text("Dividend 0.26")
    await expect(rows.nth(29)).to_contain_text("Reddit answers 503.")
    await apple.locator("[data-box]").focus()
    for _ in range(3):
        await apple.keyboard.press("+")
    await expect(rows).not_to_have_count(60)


async def test_a_moment_before_anything_was_known_is_empty_and_says_so(apple: Page) -> None:
    slider = apple.get_by_role("slider")
    await slider.focus()
    async with apple.expect_request(re.compile(r"/insight\?.*as_of=")):
        await slider.press("Home")
    await expect(apple.locator("[data-known]")).to_contain_text("As known on")
    await expect(apple.locator(".chart-state")).to_contain_text("Nothing of this stock was known")
    await apple.get_by_role("button", name="Back to now").click()
    await expect(apple.locator("[data-known]")).to_be_hidden()
    await expect(apple.locator(".chart-state")).to_be_hidden()
    # the pointer rests where the button was, over the chart
    await apple.mouse.move(5, 5)
    await expect(legend(apple, "price")).to_contain_text("Close 199.00")


async def test_changes_come_by_themselves(apple: Page, small: Small) -> None:
    await expect(apple.locator("[data-live]")).to_have_attribute("data-state", "live")
    await seed.add_bar(small.pool, "AAPL", TODAY - DAY, "201.25")
    await expect(legend(apple, "price")).to_contain_text("Close 201.25")
    await seed.add_bar(small.pool, "AAPL", TODAY - DAY, 199)
    await expect(legend(apple, "price")).to_contain_text("Close 199.00")


async def test_what_fails_can_be_tried_again(small: Small, browser: Browser) -> None:
    async with await browser.new_context(base_url=small.url, locale="en-US") as context:
        page = await context.new_page()
        await page.route("**/insight?*", lambda route: route.abort())
        await page.goto("/stocks/AAPL")
        state = page.locator(".chart-state")
        await expect(state).to_contain_text("No connection to the server", timeout=60_000)
        await page.unroute("**/insight?*")
        await state.get_by_role("button", name="Try again").click()
        await page.mouse.move(5, 5)
        await expect(legend(page, "price")).to_contain_text("Close 199.00", timeout=60_000)


async def test_a_server_that_stops_is_said_and_what_is_shown_stays(
    small: Small, browser: Browser, tmp_path: Path
) -> None:
    settings = {"database_url": small.database, "home": str(tmp_path), "limits_anonymous_reads": "0"}
    async with await browser.new_context(locale="en-US", viewport=DESKTOP) as context:  # type: ignore[arg-type]
        page = await context.new_page()
        live, offline = page.locator("[data-live]"), page.locator("[data-offline]")
        with api_process(**settings) as address:
            await page.goto(f"{address}/stocks/AAPL")
            await expect(live).to_have_attribute("data-state", "live")
            await page.locator("[data-chart][data-whole]").wait_for()
        await expect(live).to_have_attribute("data-state", "broken")
        await expect(legend(page, "price")).to_contain_text("Close 199.00")
        await page.locator("[data-window='7d']").click()
        await expect(offline).to_be_visible()
        with api_process(**settings, api_port=address.rpartition(":")[2]):
            await expect(live).to_have_attribute("data-state", "live", timeout=90_000)
            await page.get_by_role("button", name="Try again").first.click()
            await expect(offline).to_be_hidden()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_ten_years_come_when_they_are_wanted_and_minutes_too(
    visit: Visit, ten_years: str, size: dict[str, int]
) -> None:
    page = (await visit(f"/stocks/{ten_years}", size=size)).page
    chart = page.locator("[data-chart]")
    await page.locator("[data-chart][data-whole]").wait_for()
    assert int(await chart.get_attribute("data-rows") or 0) <= 500
    await page.locator('button[data-range="all"]').click()
    await expect(page.locator('button[data-range="all"]')).to_have_attribute("aria-pressed", "true")
    await expect(chart).to_have_attribute("data-rows", re.compile(r"^2[56]\d\d$"))
    await page.locator('button[data-range="1d"]').click()
    await expect(chart).to_have_attribute("data-interval", "1m")
    await expect(legend(page, "price")).to_contain_text(re.compile(r"E[SD]T"))
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


async def test_stocks_stand_beside_each_other_and_stay_in_the_address(visit: Visit, ten_years: str) -> None:
    page = (await visit(f"/compare?symbols=AAPL,{ten_years},NOSUCH")).page
    rows = page.locator("[data-rows] tr")
    await expect(rows).to_have_count(2)
    await expect(page.locator("[data-problem]")).to_contain_text("No stock has the symbol NOSUCH")
    await expect(rows.nth(1)).to_contain_text("%")
    await page.get_by_role("combobox", name="Add a stock").press_sequentially("samsung elec")
    await expect(page.locator("#add-list [role=option]").first).to_contain_text("005930.KS")
    await page.keyboard.press("Enter")
    await expect(rows).to_have_count(3)
    assert page.url.endswith(f"?symbols=AAPL,{ten_years},005930.KS")
    await page.get_by_role("button", name="Remove Ten Years Incorporated").click()
    await expect(rows).to_have_count(2)
    assert page.url.endswith("?symbols=AAPL,005930.KS")
