"""People at a browser, as tests see them: their mails, their sign-in, and what the browser keeps of it."""

import asyncio
import json
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Page, expect

from lib.db.pool import Pool
from tests.browser.mailed import mailed_link, mails
from tests.support.accounts import PASSWORD

KEPT = "insitechart.session"


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
