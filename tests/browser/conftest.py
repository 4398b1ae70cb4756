"""A real browser on the running API, with real posts and prices where the folder of real data has them.

The API is the process that people run, on a database of its own; the browser is Debian's Chromium.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from lib.postgres.server import PostgresServer
from tests.browser.stocked import Stocked, stock
from tests.support.databases import fresh_database
from tests.support.servers import api_process

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


class Site(NamedTuple):
    """Where the API answers, what it knows, and its folder, into which it writes mails."""

    url: str
    home: Path
    stocked: Stocked


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser."""
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    pytest.skip("no browser: install Debian's `chromium` to test the pages")


@pytest.fixture(scope="session")
async def site(
    postgres: PostgresServer, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """The running API with a stock of many years."""
    home = tmp_path_factory.mktemp("site")
    async with fresh_database(postgres) as url:
        stocked = await asyncio.to_thread(stock, url, home)
        # a page of a test asks as often as many people do
        with api_process(database_url=url, home=str(home), limits_anonymous_reads="0", log_level="warning") as address:
            yield Site(address, home, stocked)


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
    """`await visit("/stocks/AAPL", language="ko", size=PHONE, dark=True)`; fails where a script fails or is refused."""
    opened: list[Visitor] = []

    async def visiting(
        path: str = "/", *, language: str = "en-US", size: dict[str, int] = DESKTOP, dark: bool = False
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
        visitor = Visitor(context, page, errors)
        opened.append(visitor)
        await page.goto(path)
        return visitor

    yield visiting
    for visitor in opened:
        await visitor.context.close()
    assert [error for visitor in opened for error in visitor.errors] == []
