"""The chart of a stock's page as tests read and move it. It asserts nothing."""

from playwright.async_api import Locator, Page


def legend(page: Page, pane: str) -> Locator:
    """The figures of a pane: `price`, `mood`, `posts` or `buzz`."""
    return page.locator(f'[data-legend="{pane}"]')


async def go_back(page: Page, days: int) -> None:
    """Puts the crosshair, by the keys, so many rows before the last."""
    await page.locator("[data-box]").focus()
    await page.keyboard.press("End")
    for _ in range(days):
        await page.keyboard.press("ArrowLeft")
