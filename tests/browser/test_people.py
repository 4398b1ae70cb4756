"""People at a real browser: from the mail that makes an account to its end, in several tabs, and with a thief about."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from lib.db.pool import Pool, open_pool
from lib.postgres.server import PostgresServer
from tests.browser.mailed import mailed_link, mails
from tests.support import seed
from tests.support.accounts import OTHER_PASSWORD, PASSWORD, add_person, new_address
from tests.support.databases import fresh_database
from tests.support.servers import api_process

KEPT = "insitechart.session"
LISTS = "SELECT count(*) FROM watchlists w JOIN users u ON u.id = w.user_id WHERE u.email = $1"
SESSIONS = """
SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = $1 AND s.ended_at IS NULL
"""
RULE = """
SELECT concat_ws(' ', a.direction, trim_scale(a.threshold), a.name) FROM alerts a JOIN users u ON u.id = a.user_id
WHERE u.email = $1 ORDER BY a.created_at LIMIT 1
"""
LATER = """
UPDATE refresh_tokens t SET used_at = t.used_at - interval '1 minute' FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.id = t.session_id AND u.email = $1 AND t.used_at IS NOT NULL
"""


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


async def change(page: Page, values: str) -> None:
    """Changes what this browser keeps of the session, by members of an object of JavaScript."""
    session = f"{{...JSON.parse(localStorage['{KEPT}']), {values}}}"
    await page.evaluate(f"localStorage.setItem('{KEPT}', JSON.stringify({session}))")


async def grow_old(page: Page) -> None:
    """Makes the access token end now, for all this browser knows."""
    await change(page, "until: 0")


@pytest.fixture
async def kim(town: Town) -> str:
    """The address of somebody who has an account."""
    return (await add_person(town.pool, new_address())).email


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


@pytest.mark.parametrize("has_locks", [True, False], ids=["locks", "lease"])
async def test_tabs_that_renew_at_once_stay_signed_in(
    town: Town, device: BrowserContext, kim: str, *, has_locks: bool
) -> None:
    if not has_locks:
        # as over plain HTTP in a local network
        await device.add_init_script("Object.defineProperty(navigator, 'locks', { value: undefined })")
    first = await device.new_page()
    await sign_in(first, kim)
    tabs = [first, *[await device.new_page() for _ in range(3)]]
    for _ in range(3):
        await grow_old(first)
        await asyncio.gather(*(tab.goto("/me#account") if tab is not first else tab.reload() for tab in tabs))
        for tab in tabs:
            await expect(tab.locator("[data-who]")).to_have_text(kim)
            await tab.evaluate("location.hash = '#account'")
            await expect(tab.locator("[data-facts]")).to_contain_text(kim)
    assert await town.mails(kim, "") == 0
    assert await town.pool.fetchval(SESSIONS, kim) == 1


async def test_opening_pages_renews_nothing(device: BrowserContext, kim: str) -> None:
    page = await device.new_page()
    await sign_in(page, kim)
    renewed: list[str] = []
    device.on("request", lambda request: renewed.append(request.url) if "token/refresh" in request.url else None)
    for tab in (page, await device.new_page()):
        for path in ("/", "/stocks/AAPL", "/compare?symbols=AAPL,NVDA", "/status", "/me#account"):
            await tab.goto(path)
        await tab.reload()
        await expect(tab.locator("[data-facts]")).to_contain_text(kim)
    assert renewed == []
    await grow_old(page)
    await page.reload()
    await expect(page.locator("[data-facts]")).to_contain_text(kim)
    assert len(renewed) == 1


async def test_a_token_that_is_refused_is_renewed(device: BrowserContext, kim: str) -> None:
    page = await device.new_page()
    await sign_in(page, kim)
    # as after a new password: the account goes on, its access tokens do not
    await change(page, "access: 'x.y.z'")
    await page.goto("/me#account")
    await page.reload()
    await expect(page.locator("[data-facts]")).to_contain_text(kim)


async def test_whoever_was_stolen_from_is_told(town: Town, device: BrowserContext, kim: str) -> None:
    page = await device.new_page()
    await sign_in(page, kim)
    before = await kept(page)
    assert before is not None
    await grow_old(page)
    await page.goto("/me#account")
    await page.reload()
    await expect(page.locator("[data-facts]")).to_contain_text(kim)
    async with httpx.AsyncClient(base_url=town.url) as thief:
        # later than an answer that was lost on the way would be asked for again
        await town.pool.execute(LATER, kim)
        stolen = await thief.post("/api/v1/users/token/refresh", data={"refresh_token": before["refresh"]})
        assert stolen.status_code == 400
    await page.reload()
    told = page.locator("[data-ended]")
    await expect(told).to_contain_text("Your sign-in has ended")
    await expect(told).to_contain_text("choose another password")
    await expect(page.locator("#sign-in")).to_be_visible()
    assert await kept(page) is None
    await page.goto("/")
    await expect(page.locator("[data-watchlist]")).to_contain_text("Your sign-in has ended")
    await sign_in(page, kim)
    await expect(told).to_be_hidden()


async def test_signing_out_reaches_every_tab_and_the_server(town: Town, device: BrowserContext, kim: str) -> None:
    one, other = await device.new_page(), await device.new_page()
    await sign_in(one, kim)
    session = await kept(one)
    assert session is not None
    await other.goto("/me#alerts")
    await expect(other.locator("[data-who]")).to_have_text(kim)
    session = await kept(one)
    assert session is not None
    await one.get_by_role("button", name="Sign out").click()
    await expect(other.locator("#sign-in")).to_be_visible()
    await expect(other.locator("[data-ended]")).to_be_hidden()
    async with httpx.AsyncClient(base_url=town.url) as asking:
        answer = await asking.post("/api/v1/users/token/refresh", data={"refresh_token": session["refresh"]})
        assert answer.status_code == 400


async def test_an_answer_that_is_lost_does_not_end_the_session(device: BrowserContext, kim: str) -> None:
    page = await device.new_page()
    await sign_in(page, kim)
    lost: list[str] = []

    async def lose_first(route) -> None:  # type: ignore[no-untyped-def]
        if lost:
            await route.continue_()
            return
        # the server has exchanged the token; its answer does not arrive
        answer = await route.fetch()
        lost.append(answer.status)
        await route.abort("connectionreset")

    await page.route("**/users/token/refresh", lose_first)
    await grow_old(page)
    await page.goto("/me#account")
    await page.reload()
    await expect(page.locator("[data-facts]")).to_contain_text(kim)
    assert lost == [200]


async def test_without_a_connection_nobody_is_signed_out(device: BrowserContext, kim: str) -> None:
    page = await device.new_page()
    await sign_in(page, kim)
    await page.route("**/api/v1/**", lambda route: route.abort("connectionrefused"))
    await page.reload()
    await page.evaluate("location.hash = '#account'")
    again = page.locator("[data-facts]").get_by_role("button", name="Try again")
    await expect(again).to_be_visible()
    await expect(page.locator("[data-offline]")).to_be_visible()
    assert await kept(page) is not None
    await page.unroute("**/api/v1/**")
    await again.click()
    await expect(page.locator("[data-facts]")).to_contain_text(kim)


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
