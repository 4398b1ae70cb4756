"""People at a real browser, from the mail that makes an account to its end."""

import json
import re
from pathlib import Path

import httpx
from playwright.async_api import BrowserContext, expect

from tests.browser.people.town import Town, kept, sign_in
from tests.support.accounts import OTHER_PASSWORD, PASSWORD, new_address


async def test_from_the_mail_to_the_alert_and_back_again(town: Town, device: BrowserContext) -> None:
    address = new_address()
    page = await device.new_page()

    # watched before there is an account
    await page.goto("/stocks/AAPL")
    star = page.get_by_role("button", name="Watch", exact=True)
    await star.click()
    await expect(star).to_have_attribute("aria-pressed", "true")

    await page.goto("/me#register")
    section = page.locator("#register")
    await section.get_by_label("E-mail address").fill(address)
    await section.get_by_label("Password").fill(PASSWORD)
    await section.get_by_label("Password").press("Enter")
    await expect(section.get_by_role("heading", name="Look into your mail")).to_be_focused()
    await expect(section).to_contain_text("folder “mail”")

    await page.goto(await town.link(address, "Confirm"))
    assert "#" not in page.url
    await page.get_by_label("The password that you chose").fill(PASSWORD)
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_role("heading", name="Your account is ready")).to_be_focused()
    await page.locator("main").get_by_role("link", name="Sign in").click()

    await sign_in(page, address)
    await page.goto("/")
    watchlist = page.locator("[data-watchlist]")
    await expect(watchlist).to_contain_text("You watched these")
    await watchlist.get_by_role("button", name="Add").click()
    await expect(watchlist.get_by_role("link", name=re.compile("Apple"))).to_be_visible()
    await expect(watchlist).to_contain_text("▲ 2.00%")
    assert await page.evaluate("localStorage.getItem('insitechart.watchlist')") is None

    await page.goto("/me#keys")
    await page.locator("#keys").get_by_label("Name").fill("notebook")
    await page.locator("#keys").get_by_role("button", name="Make the key").click()
    key = await page.get_by_label("Your new key “notebook”").locator("input").input_value()
    async with httpx.AsyncClient(base_url=town.url) as program:
        assert (await program.get("/api/v1/stocks/AAPL", headers={"X-API-Key": key})).status_code == 200
    await expect(page.locator("#keys [data-list]")).to_contain_text("notebook")

    await page.goto("/me#alerts")
    alerts = page.locator("#alerts")
    await alerts.get_by_role("combobox", name="Stock").fill("nvid")
    await page.get_by_role("option", name=re.compile("NVIDIA")).click()
    await alerts.get_by_label("Limit").fill("1,200.5")
    await alerts.get_by_role("button", name="Make the alert").click()
    await expect(alerts.locator("[data-list]")).to_contain_text("Price above 1,200.50")
    await alerts.get_by_role("button", name=re.compile("^Pause")).click()
    await expect(alerts.get_by_role("button", name=re.compile("^Resume"))).to_be_focused()

    await page.get_by_role("button", name="Sign out").click()
    await expect(page.locator("#sign-in")).to_be_visible()
    assert await kept(page) is None
    await sign_in(page, address)
    await page.goto("/")
    await expect(watchlist.get_by_role("link", name=re.compile("Apple"))).to_be_visible()
    await expect(watchlist).not_to_contain_text("You watched these")


async def test_refusals_are_told_where_they_belong_and_nothing_is_lost(device: BrowserContext, kim: str) -> None:
    page = await device.new_page()
    await page.goto("/me#sign-in")
    section = page.locator("#sign-in")
    mail, password = section.get_by_label("E-mail address"), section.get_by_label("Password")
    await mail.fill("kim")
    await password.press("Enter")
    await expect(mail).to_be_focused()
    await expect(mail).to_have_accessible_description(re.compile("not an e-mail address"))
    await expect(password).to_have_attribute("aria-invalid", "true")
    await mail.fill(kim)
    await password.fill("not the right one")
    await password.press("Enter")
    told = section.get_by_role("alert").filter(has_text="do not fit")
    await expect(told).to_be_focused()
    await expect(mail).to_have_value(kim)
    await expect(password).to_have_value("not the right one")
    for _ in range(8):
        await password.press("Enter")
        await expect(section.locator("form")).not_to_have_attribute("aria-busy", "true")
    await expect(
        section.get_by_role("alert").filter(has_text=re.compile(r"Please wait \d+ (second|minute)"))
    ).to_be_visible()

    await page.goto("/me#register")
    section = page.locator("#register")
    await section.get_by_label("E-mail address").fill(new_address())
    weak = section.get_by_label("Password")
    for tried in ("short", "password2024!"):
        await weak.fill(tried)
        await weak.press("Enter")
        await expect(weak).to_be_focused()
        await expect(weak).to_have_accessible_description(re.compile("12 to 256 characters"))
        await expect(weak).to_have_value(tried)


async def test_a_forgotten_password_is_chosen_anew(town: Town, device: BrowserContext, kim: str) -> None:
    page = await device.new_page()
    await page.goto("/me#sign-in")
    await page.get_by_role("link", name="Forgot your password?").click()
    section = page.locator("#forgotten")
    await expect(section.get_by_role("heading", name="Forgotten password")).to_be_focused()
    await section.get_by_label("E-mail address").fill(kim)
    await section.get_by_role("button", name="Send the link").click()
    await expect(section.get_by_role("heading", name="Look into your mail")).to_be_focused()
    link = await town.link(kim, "password")
    await page.goto(link)
    # the token is kept on the way through the other language
    await page.get_by_role("link", name="한국어").click()
    await expect(page.get_by_role("heading", name="새 비밀번호")).to_be_visible()
    await page.locator("#link-password").fill(OTHER_PASSWORD)
    await page.get_by_role("button", name="확인").click()
    await expect(page.get_by_role("heading", name="비밀번호가 바뀌었습니다")).to_be_visible()
    await page.goto("/language/en?to=/me")
    await sign_in(page, kim, OTHER_PASSWORD)
    await page.goto(link)
    await page.locator("#link-password").fill(PASSWORD)
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_role("alert").filter(has_text="used already")).to_be_focused()


async def test_the_account_is_seen_exported_and_deleted(town: Town, device: BrowserContext, kim: str) -> None:
    page = await device.new_page()
    await sign_in(page, kim)
    await page.goto("/me#account")
    section = page.locator("#account")
    await expect(section.locator("[data-sessions]")).to_contain_text("this one")
    await section.get_by_label("Language of mails").select_option("ko")
    await expect(section).to_contain_text("Saved.")
    async with page.expect_download() as download:
        await section.get_by_role("button", name="Download").click()
    saved = json.loads(Path(await (await download.value).path()).read_text(encoding="utf-8"))
    assert saved["account"]["email"] == kim
    await section.get_by_label("Current password").fill(PASSWORD)
    await section.get_by_label("New password").fill(OTHER_PASSWORD)
    await section.get_by_role("button", name="Change the password").click()
    await expect(section).to_contain_text("Your password is changed")
    gone = section.locator("[data-delete-form]")
    await gone.get_by_label("Password").fill(PASSWORD)
    await gone.get_by_role("button", name="Delete the account for good").click()
    await expect(gone.get_by_role("alert").filter(has_text="not right")).to_be_focused()
    await gone.get_by_label("Password").fill(OTHER_PASSWORD)
    await gone.get_by_role("button", name="Delete the account for good").click()
    await expect(page.locator("#sign-in")).to_be_visible()
    assert await town.pool.fetchval("SELECT count(*) FROM users WHERE email = $1", kim) == 0
