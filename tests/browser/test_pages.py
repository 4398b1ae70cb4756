"""The pages as an analyst uses them: find a stock, read its mood and posts, switch the language, on a phone as well."""

from typing import Any, NamedTuple

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Request, expect

from lib.db.pool import open_pool
from tests.browser.conftest import DESKTOP, PHONE, Site, Visit
from tests.support.accounts import PASSWORD, add_person, new_address


class Look(NamedTuple):
    """How a page is looked at."""

    language: str
    size: dict[str, int]
    dark: bool


LOOKS = (
    Look("en-US", DESKTOP, False),
    Look("ko-KR", PHONE, True),
    Look("en-US", PHONE, True),
    Look("ko-KR", DESKTOP, False),
    Look("en-US", DESKTOP, True),
    Look("ko-KR", PHONE, False),
)
# each page, and what is there once it is whole
_SHOWN = {
    "/": ".trend",
    "/stocks/AAPL": ".post",
    "/stocks/005930.KS": ".post",
    "/compare?symbols=AAPL,005930.KS": "[data-rows] tr:nth-child(2)",
    "/analyze": "main form",
    "/status": "[data-sources] > *",
    "/me": "#sign-in",
}
# what is first asked of a stock's page, without the chart library
_FIRST_VIEW_BYTES = 150_000


def _name(look: Look) -> str:
    return f"{look.language}-{look.size['width']}-{'dark' if look.dark else 'light'}"


def _each_look() -> list[Any]:
    """Every page in every look; on the journey each in one, and every look is somewhere on it."""
    return [
        pytest.param(path, look, id=f"{path}-{_name(look)}", marks=[pytest.mark.journey] if on_the_way else [])
        for n, path in enumerate(_SHOWN)
        for m, look in enumerate(LOOKS)
        for on_the_way in (n % len(LOOKS) == m,)
    ]


@pytest.fixture
async def kim(site: Site) -> str:
    """The address of somebody who has an account."""
    async with open_pool(site.database, application="insitechart-test", max_size=1) as pool:
        return (await add_person(pool, new_address())).email


async def test_a_stock_is_found_by_its_name_in_either_language(visit: Visit) -> None:
    for language, typed in (("en-US", "samsng elec"), ("ko-KR", "ㅅㅅㅈㅈ"), ("ko-KR", "삼성전자")):
        visitor = await visit("/", language=language)
        search = visitor.page.get_by_role("combobox")
        await search.press_sequentially(typed)
        await expect(visitor.page.get_by_role("option").first).to_contain_text("005930.KS")
        await search.press("Enter")
        await visitor.page.wait_for_url("**/stocks/005930.KS")
        name = "삼성전자" if language.startswith("ko") else "Samsung Electronics"
        await expect(visitor.page.get_by_role("heading", level=1)).to_contain_text(name)


async def test_what_cannot_be_found_is_said(visit: Visit) -> None:
    visitor = await visit("/")
    await visitor.page.get_by_role("combobox").press_sequentially("qqqqzzzzxxxx")
    await expect(visitor.page.locator("#q-list")).to_contain_text("Nothing fits")
    await visitor.page.get_by_role("combobox").press("Escape")
    await expect(visitor.page.locator("#q-list")).to_be_hidden()


async def test_posts_show_why_they_score_and_can_be_filtered(visit: Visit) -> None:
    visitor = await visit("/stocks/AAPL")
    posts = visitor.page.locator("[data-posts]")
    await expect(posts.locator(".post").first).to_be_visible()
    assert await posts.locator("mark.tint.good, mark.tint.bad").count() > 2
    before = await posts.locator(".post").count()
    await posts.get_by_role("button", name="Show more").click()
    await expect(posts.locator(".post")).not_to_have_count(before)
    await posts.get_by_label("Mood").select_option("negative")
    await expect(posts.locator(".post p.negative").first).to_be_visible()
    await expect(posts.locator(".post p.positive")).to_have_count(0)


async def test_the_language_is_switched_and_stays(visit: Visit) -> None:
    visitor = await visit("/stocks/005930.KS")
    await visitor.page.get_by_role("link", name="한국어").click()
    await expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("삼성전자")
    assert visitor.page.url.endswith("/stocks/005930.KS")
    await visitor.page.goto("/")
    await expect(visitor.page.locator("html")).to_have_attribute("lang", "ko")


async def test_light_and_dark_are_switched_and_stay(visit: Visit) -> None:
    visitor = await visit("/", dark=False)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = await visitor.page.evaluate(ground)
    await visitor.page.get_by_role("button", name="Light or dark").click()
    assert await visitor.page.evaluate(ground) != light
    await visitor.page.reload()
    assert await visitor.page.evaluate(ground) != light


async def test_a_text_of_ones_own_is_read(visit: Visit) -> None:
    visitor = await visit("/analyze", language="ko-KR")
    await visitor.page.get_by_label("분석할 글").fill("삼성전자 실적이 정말 좋네요, 최고입니다")
    await visitor.page.get_by_role("button", name="분석").click()
    told = visitor.page.locator("[data-told]")
    await expect(told).to_contain_text("긍정")
    await expect(told.get_by_role("link", name="005930.KS")).to_be_visible()
    assert await told.locator("mark.tint").count() >= 1


@pytest.mark.journey
async def test_a_lost_connection_is_said_and_mended(visit: Visit) -> None:
    visitor = await visit("/stocks/AAPL")
    live = visitor.page.locator("[data-live]")
    await expect(live).to_have_attribute("data-state", "live")
    await visitor.context.set_offline(True)
    await visitor.page.locator("[data-window='7d']").first.click()
    await expect(visitor.page.locator("[data-offline]")).to_be_visible()
    await visitor.context.set_offline(False)
    await visitor.page.get_by_role("button", name="Try again").first.click()
    await expect(visitor.page.locator("[data-offline]")).to_be_hidden()
    await expect(live).to_have_attribute("data-state", "live")


@pytest.mark.parametrize(("path", "look"), _each_look())
async def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(visit: Visit, path: str, look: Look) -> None:
    page = (await visit(path, language=look.language, size=look.size, dark=look.dark)).page
    await expect(page.locator(_SHOWN[path]).first).to_be_visible()
    await expect(page.locator("main [aria-busy=true]:visible")).to_have_count(0)
    await _is_accessible(page)


@pytest.mark.parametrize("look", LOOKS, ids=_name)
@pytest.mark.parametrize("part", ["watchlists", "alerts", "keys", "account"])
async def test_axe_finds_nothing_in_an_account(visit: Visit, kim: str, part: str, look: Look) -> None:
    page = (await visit("/me#sign-in", language=look.language, size=look.size, dark=look.dark)).page
    await page.locator("#in-email").fill(kim)
    await page.locator("#in-password").fill(PASSWORD)
    await page.locator("#in-password").press("Enter")
    await expect(page.locator("[data-who]")).to_have_text(kim)
    await page.evaluate(f"location.hash = '#{part}'")
    await expect(page.locator(f"#{part}")).to_be_visible()
    await expect(page.locator(f"#{part} [aria-busy=true]")).to_have_count(0)
    await _is_accessible(page)


@pytest.mark.journey
async def test_the_first_view_of_a_stock_is_small(visit: Visit, site: Site) -> None:
    fresh = await visit(None)
    asked: list[Request] = []
    fresh.page.on("requestfinished", lambda request: asked.append(request))
    await fresh.page.goto("/stocks/AAPL")
    await fresh.page.locator("[data-chart][data-whole]").wait_for()
    await expect(fresh.page.locator(".post").first).to_be_visible()
    await expect(fresh.page.locator("main [aria-busy=true]:visible")).to_have_count(0)
    sizes = {request.url: (await request.sizes())["responseBodySize"] for request in asked}
    whole = sum(size for address, size in sizes.items() if "lightweight-charts" not in address)
    assert 10_000 < whole <= _FIRST_VIEW_BYTES, sizes


async def _is_accessible(page: Page) -> None:
    found = await Axe().run(page)
    broken = [
        (rule["id"], node["html"][:120], node["failureSummary"][:200])
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]
    assert broken == []
    width = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0
