"""A real browser on the running API, with real posts and prices where the folder of real data has them.

The API is the process that people run, on a database of its own; the browser is Debian's Chromium.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from lib.postgres.server import PostgresServer
from tests.browser.stocked import LONG, Stocked, stock, stock_long
from tests.support.databases import fresh_database
from tests.support.servers import api_process

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    # containers have 64 MB of it
    "--disable-dev-shm-usage",
)  # fmt: skip
_MISSING = "The pages were not tested: there is no browser. Install Debian's `chromium`, then: make browser"

# a machine with other work takes its time, and what is waited for is there as a rule
expect.set_options(timeout=30_000)

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


class Site(NamedTuple):
    """Where the API answers, its database, what it knows, and its folder, into which it writes mails."""

    url: str
    database: str
    home: Path
    stocked: Stocked


def _chromium() -> str | None:
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says where nobody can overlook it that the pages were left out."""
    if _chromium() is None:
        terminalreporter.write_line(_MISSING, yellow=True, bold=True)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser."""
    found = _chromium()
    if found is None:
        pytest.skip("no browser: install Debian's `chromium` to test the pages")
    return found


@pytest.fixture(scope="session")
async def site(
    chromium: str, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """The running API with the sample and what is real."""
    home = tmp_path_factory.mktemp("site")
    async with fresh_database(postgres) as url:
        stocked = await asyncio.to_thread(stock, url, home)
        # a page of a test asks as often as many people do
        with api_process(database_url=url, home=str(home), limits_anonymous_reads="0", log_level="warning") as address:
            yield Site(address, url, home, stocked)


@pytest.fixture(scope="session")
async def ten_years(site: Site) -> str:
    """The symbol of a stock with ten years of days, and a month of minutes."""
    await asyncio.to_thread(stock_long, site.database, site.home)
    return LONG


@pytest.fixture(scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """The browser, without a window."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        yield opened
        await opened.close()


class Visitor(NamedTuple):
    """Somebody with a browser of their own: its page, and what its console said that is an error."""

    context: BrowserContext
    page: Page
    errors: list[str]


Visit = Callable[..., Awaitable[Visitor]]


@pytest.fixture
async def visit(browser: Browser, site: Site) -> AsyncIterator[Visit]:
    """`await visit("/stocks/AAPL", language="ko", size=PHONE, dark=True)`, or no page yet for None; fails where a
    script fails or is refused, or anything is asked of somebody else.
    """
    opened: list[Visitor] = []
    ours = (f"{site.url}/", "data:", "blob:")

    async def visiting(
        path: str | None = "/", *, language: str = "en-US", size: dict[str, int] = DESKTOP, dark: bool = False
    ) -> Visitor:
        context = await browser.new_context(
            base_url=site.url,
            locale=language,
            viewport=size,  # type: ignore[arg-type]
            has_touch=size["width"] < 600,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(60_000)
        page = await context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
        page.on("request", lambda asked: errors.append(asked.url) if not asked.url.startswith(ours) else None)
        visitor = Visitor(context, page, errors)
        opened.append(visitor)
        if path is not None:
            await page.goto(path)
        return visitor

    yield visiting
    for visitor in opened:
        await visitor.context.close()
    assert [error for visitor in opened for error in visitor.errors] == []
