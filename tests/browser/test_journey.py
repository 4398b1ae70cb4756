"""One analyst's first day: from the first letters of a name to the chart, the posts, the other language, an account, a
watchlist and an alert. What is read and pressed is named by the words of the page.
"""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from api.page.language import words_of
from tests.browser.conftest import DESKTOP, PHONE, Site, Visit
from tests.browser.mailed import mailed_link
from tests.support.accounts import PASSWORD, new_address

EN, KO = words_of("en"), words_of("ko")


@pytest.mark.parametrize("size", [pytest.param(DESKTOP, marks=pytest.mark.journey), PHONE], ids=["desktop", "phone"])
async def test_from_the_first_letters_to_the_alert(visit: Visit, site: Site, size: dict[str, int]) -> None:
    page = (await visit("/", size=size)).page
    await _search(page)
    await _chart(page)
    await _posts(page)
    await _language(page)
    await _account(page, site)
    await _watchlist(page)
    await _alert(page)


async def _search(page: Page) -> None:
    search = page.get_by_role("combobox", name=EN["common"]["search"])
    await search.press_sequentially("aplle")
    await expect(page.get_by_role("option").first).to_contain_text("AAPL")
    await search.press("Enter")
    await page.wait_for_url("**/stocks/AAPL")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Apple")


async def _chart(page: Page) -> None:
    await page.locator("[data-chart][data-whole]").wait_for()
    legend = page.locator('[data-legend="price"]')
    await expect(legend).to_contain_text(EN["chart"]["close"])
    rested = await legend.inner_text()
    canvas = page.locator("[data-canvas]")
    await canvas.scroll_into_view_if_needed()
    box = await canvas.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.2
    # hover: the figures are those under the pointer
    await page.mouse.move(x, y)
    await expect(legend).not_to_have_text(rested)
    # zoom: the wheel leaves fewer rows in sight
    await page.locator('button[data-range="6m"]').click()
    await expect(page.locator('button[data-range="6m"]')).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("button", name=EN["chart"]["as_table"]).click()
    rows = page.locator("[data-table] tbody tr")
    await expect(rows.nth(40)).to_be_attached()
    await canvas.scroll_into_view_if_needed()
    await _zoom_in(page, canvas)
    await expect(rows.nth(40)).not_to_be_attached()
    assert await rows.count() > 1


async def _zoom_in(page: Page, canvas: Locator) -> None:
    box = await canvas.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.2)
    for _ in range(15):
        await page.mouse.wheel(0, -120)


async def _posts(page: Page) -> None:
    posts = page.locator("[data-posts]")
    await expect(posts.locator(".post").first).to_be_visible()
    await posts.get_by_label(EN["posts"]["label"]).select_option("positive")
    await expect(posts.locator(".post mark.tint.good").first).to_be_visible()


async def _language(page: Page) -> None:
    await page.get_by_role("link", name="한국어").click()
    await expect(page.locator("html")).to_have_attribute("lang", "ko")
    await expect(page.get_by_role("heading", name=KO["posts"]["heading"])).to_be_visible()
    assert page.url.endswith("/stocks/AAPL")


async def _account(page: Page, site: Site) -> None:
    address = new_address()
    await page.goto("/me#register")
    register = page.locator("#register")
    await register.get_by_label(KO["session"]["email"]).fill(address)
    await register.get_by_label(KO["session"]["password"]).fill(PASSWORD)
    await register.get_by_role("button", name=KO["session"]["register"]).click()
    await expect(register.get_by_role("heading", name=KO["session"]["mailed"])).to_be_visible()
    await page.goto(await mailed_link(site.home, address))
    await page.get_by_label(KO["session"]["link_register_password"]).fill(PASSWORD)
    await page.get_by_role("button", name=KO["session"]["confirm"]).click()
    await expect(page.get_by_role("heading", name=KO["session"]["link_register_done"])).to_be_visible()
    await page.locator("main").get_by_role("link", name=KO["common"]["sign_in"]).click()
    form = page.locator("#sign-in")
    await form.get_by_label(KO["session"]["email"]).fill(address)
    await form.get_by_label(KO["session"]["password"], exact=True).fill(PASSWORD)
    await form.get_by_role("button", name=KO["common"]["sign_in"]).click()
    await expect(page.locator("[data-who]")).to_have_text(address)


async def _watchlist(page: Page) -> None:
    await page.goto("/stocks/005930.KS")
    star = page.get_by_role("button", name=KO["watchlist"]["star"], exact=True)
    await star.click()
    await expect(star).to_have_attribute("aria-pressed", "true")
    watchlist = page.locator("[data-watchlist]")
    # what cannot be seen is not asked for
    await watchlist.scroll_into_view_if_needed()
    await expect(watchlist.get_by_role("link", name=re.compile("삼성전자"))).to_be_visible()
    await expect(watchlist).to_contain_text(KO["watchlist"]["kept_there"])


async def _alert(page: Page) -> None:
    await page.goto("/me#alerts")
    alerts = page.locator("#alerts")
    await alerts.get_by_role("combobox", name=KO["alerts"]["stock"]).fill("삼성전자")
    await page.get_by_role("option", name=re.compile("005930.KS")).click()
    await alerts.get_by_label(KO["alerts"]["threshold"]).fill("90,000")
    await alerts.get_by_role("button", name=KO["alerts"]["make"]).click()
    await expect(alerts.locator("[data-list] [data-id]")).to_have_count(1)
    await expect(alerts.locator("[data-list]")).to_contain_text("005930.KS")
    await expect(alerts.locator("[data-list]")).to_contain_text("90,000")
