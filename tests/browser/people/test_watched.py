"""Lists and alerts of somebody who is signed in, made and changed in one tab or in two."""

import re

from playwright.async_api import BrowserContext, Locator, Page, expect

from tests.browser.people.town import Town, sign_in

LISTS = "SELECT count(*) FROM watchlists w JOIN users u ON u.id = w.user_id WHERE u.email = $1"
RULE = """
SELECT concat_ws(' ', a.direction, trim_scale(a.threshold), a.name) FROM alerts a JOIN users u ON u.id = a.user_id
WHERE u.email = $1 ORDER BY a.created_at LIMIT 1
"""


async def make_alert(page: Page, limit: str) -> Locator:
    """An alert on the price of NVIDIA, made on /me#alerts; its row in the list."""
    alerts = page.locator("#alerts")
    await alerts.get_by_role("combobox", name="Stock").fill("nvid")
    await page.get_by_role("option", name=re.compile("NVIDIA")).click()
    await alerts.get_by_label("Limit").last.fill(limit)
    await alerts.get_by_role("button", name="Make the alert").click()
    made = alerts.locator(".alert").filter(has_text=f"Price above {float(limit):,.0f}")
    await expect(made).to_have_count(1)
    return made


async def test_lists_are_made_filled_renamed_and_deleted(device: BrowserContext, kim: str) -> None:
    page = await device.new_page()
    await sign_in(page, kim)
    await page.goto("/me#watchlists")
    section = page.locator("#watchlists")
    await section.get_by_label("Name", exact=True).fill("Chips · 반도체")
    await section.get_by_role("button", name="Make the list").click()
    made = section.locator("article").filter(has_text="Chips · 반도체")
    await made.get_by_role("combobox").fill("삼성")
    await page.get_by_role("option", name=re.compile("Samsung Electronics")).click()
    await expect(made.get_by_role("link", name="005930.KS")).to_be_visible()
    await made.get_by_role("button", name="Remove 005930.KS").click()
    await expect(made).to_contain_text("No stocks yet")
    await made.get_by_text("Rename or delete").click()
    await made.get_by_label("Name of the list").fill("Memory")
    await made.get_by_role("button", name="Rename").click()
    await expect(section.get_by_role("heading", name="Memory")).to_be_visible()
    await section.get_by_role("button", name="Delete the list").click()
    await (
        section.get_by_role("group", name="Delete this list?").get_by_role("button", name="Delete", exact=True).click()
    )
    await expect(section).to_contain_text("No list yet")


async def test_a_list_that_changed_elsewhere_takes_the_star_all_the_same(
    town: Town, device: BrowserContext, kim: str
) -> None:
    one, other = await device.new_page(), await device.new_page()
    await sign_in(one, kim)
    await one.goto("/stocks/AAPL")
    await other.goto("/stocks/NVDA")
    stars = [tab.get_by_role("button", name="Watch", exact=True) for tab in (one, other)]
    # both tabs have read the list before either changes it
    await expect(one.locator("[data-watchlist]")).to_contain_text("Kept in your account")
    await expect(other.locator("[data-watchlist]")).to_contain_text("Kept in your account")
    await stars[0].click()
    await expect(one.locator("[data-watchlist]")).to_contain_text("AAPL")
    await stars[1].click()
    await expect(other.locator("[data-watchlist]")).to_contain_text("NVDA")
    await expect(other.locator("[data-watchlist]")).to_contain_text("AAPL")
    assert await town.pool.fetchval(LISTS, kim) == 1


async def test_an_alert_is_changed_where_it_stands(town: Town, device: BrowserContext, kim: str) -> None:
    page = await device.new_page()
    await sign_in(page, kim)
    await page.goto("/me#alerts")
    await make_alert(page, "1200")
    row = page.locator(".alert")
    change = row.get_by_role("button", name=re.compile("^Change"))
    limit = row.get_by_label("Limit")

    # whoever thinks better of it is back where they were, and nothing has changed
    await change.click()
    await expect(limit).to_be_focused()
    await expect(limit).to_have_value("1200")
    await limit.fill("5")
    await limit.press("Escape")
    await expect(change).to_be_focused()
    await expect(row).to_contain_text("Price above 1,200")

    # what cannot be is told at the field, which keeps it
    await change.click()
    for wrong in ("a lot", "-3", "0"):
        await limit.fill(wrong)
        await limit.press("Enter")
        await expect(limit).to_have_accessible_description(re.compile("limit cannot be used"))
        await expect(limit).to_be_focused()
        await expect(limit).to_have_value(wrong)

    await limit.fill("1,150.5")
    await row.get_by_label("Tell me when it").select_option("below")
    await row.get_by_label("Name").fill("NVIDIA cheap")
    await row.get_by_role("button", name="Save").click()
    await expect(change).to_be_focused()
    await expect(row).to_contain_text("NVIDIA cheap")
    await expect(row).to_contain_text("Price below 1,150.50")
    await expect(row.get_by_role("status")).to_have_text("Saved.")
    assert await town.pool.fetchval(RULE, kim) == "below 1150.5 NVIDIA cheap"


async def test_an_alert_that_changed_elsewhere_says_how_and_keeps_what_was_typed(
    town: Town, device: BrowserContext, kim: str
) -> None:
    page, other = await device.new_page(), await device.new_page()
    await sign_in(page, kim)
    await page.goto("/me#alerts")
    await make_alert(page, "1200")
    await other.goto("/me#alerts")
    for tab, limit in ((page, "1300"), (other, "1400")):
        await tab.get_by_role("button", name=re.compile("^Change")).click()
        await tab.locator(".alert").get_by_label("Limit").fill(limit)
    await page.locator(".alert").get_by_label("Name").fill("Mine")
    await other.get_by_role("button", name="Save").click()
    await expect(other.locator(".alert")).to_contain_text("Price above 1,400")

    # another row comes and goes meanwhile
    await make_alert(page, "9000")
    await page.get_by_role("button", name="Save").click()
    told = page.locator(".alert-edit").get_by_role("alert")
    await expect(told).to_be_focused()
    await expect(told).to_contain_text("It is now: Price above 1,400")
    row = page.locator(".alert").first
    await expect(row.get_by_label("Limit")).to_have_value("1300")
    await row.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("Price above 1,300")
    assert await town.pool.fetchval(RULE, kim) == "above 1300 Mine"
