"""A sign-in in several tabs, over lost answers and broken connections, and with a thief about."""

import asyncio

import httpx
import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.browser.people.town import KEPT, Town, kept, sign_in

SESSIONS = """
SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = $1 AND s.ended_at IS NULL
"""
LATER = """
UPDATE refresh_tokens t SET used_at = t.used_at - interval '1 minute' FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.id = t.session_id AND u.email = $1 AND t.used_at IS NOT NULL
"""


async def change(page: Page, values: str) -> None:
    """Changes what this browser keeps of the session, by members of an object of JavaScript."""
    session = f"{{...JSON.parse(localStorage['{KEPT}']), {values}}}"
    await page.evaluate(f"localStorage.setItem('{KEPT}', JSON.stringify({session}))")


async def grow_old(page: Page) -> None:
    """Makes the access token end now, for all this browser knows."""
    await change(page, "until: 0")


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
