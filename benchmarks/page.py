"""The page of a stock in a real browser, beside the same bytes from the barest server, and the same rows drawn by the
chart library alone.

Ready is: the chart is drawn and the posts are there, counted by the browser from the navigation on. Frames are the
times between two of them while one wheel event comes with each, as a person's hand turns it.
"""

import os
import pickle
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import NamedTuple

import httpx
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from benchmarks._page import bare
from benchmarks._page.data import DAYS, MINUTES, SYMBOL, fill
from benchmarks._page.replay import Recorded, key_of
from benchmarks.support import empty_database
from lib.ports import free_port
from tests.support.servers import api_process

ROUNDS = 7
LIMIT_KB = 150

_PATH = f"/stocks/{SYMBOL}"
_SIZE = {"width": 1280, "height": 900}
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
)
_HOP = {b"connection", b"date", b"server", b"transfer-encoding", b"content-length"}

# notes when a page is ready, by its own clock
_WATCH = """
const look = () => {
  if (!document.querySelector("[data-chart][data-ready]") || !document.querySelector(".post")) return;
  observer.disconnect();
  requestAnimationFrame(() => { document.documentElement.dataset.readyAt = performance.now(); });
};
const observer = new MutationObserver(look);
observer.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-ready"] });
"""

# milliseconds between frames, with one event of the wheel in each
_FRAMES = """
async ([deltaX, deltaY, count]) => {
  const place = document.querySelector("[data-canvas] .tv-lightweight-charts");
  const box = place.getBoundingClientRect();
  const at = { clientX: box.left + box.width / 2, clientY: box.top + 100, bubbles: true, cancelable: true };
  const frame = () => new Promise(requestAnimationFrame);
  const times = [await frame()];
  for (let n = 0; n < count; n += 1) {
    place.dispatchEvent(new WheelEvent("wheel", { ...at, deltaX, deltaY }));
    times.push(await frame());
  }
  return times.slice(1).map((time, n) => time - times[n]);
}
"""

# into a tenth of the rows, through them, and out again; (deltaX, deltaY, frames)
_IN, _ALONG, _OUT = (0, -100, 60), (-80, 0, 240), (0, 100, 60)


class Frames(NamedTuple):
    """Milliseconds from frame to frame, while the chart is scrolled and zoomed, and of CPU that the page's thread had
    for one of them."""

    scrolled: list[float]
    zoomed: list[float]
    cpu: float


async def main() -> list[tuple[str, float, float, str]]:
    """Rows in the order of docs/benchmarks.md."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("Debian's chromium is not on the PATH: the page is not measured")
        return []
    async with empty_database() as url, async_playwright() as playwright:
        await fill(url)
        browser = await playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        home = tempfile.mkdtemp(prefix="insitechart-bench-")
        try:
            with api_process(database_url=url, home=home, limits_anonymous_reads="0", log_level="error") as ours:
                recorded, size = await _record(browser, ours)
                with _replaying(recorded | await _rows(ours)) as plain:
                    small = ("first view without the chart library; promised", size / 1000, float(LIMIT_KB), "kB")
                    return [*await _ready(browser, ours, plain), small, *await _smooth(browser, ours, plain)]
        finally:
            await browser.close()
            shutil.rmtree(home)


# ---- what goes over the wire


async def _record(browser: Browser, ours: str) -> tuple[dict[str, Recorded], int]:
    """Every answer of a first view as it went over the wire, and the bytes of their bodies without the library's."""
    async with _visitor(browser, ours) as context:
        page = await context.new_page()
        asked: list[str] = []
        page.on("requestfinished", lambda request: asked.append(request.url))
        await _open(page)
        await page.locator("[data-chart][data-whole]").wait_for()
        await page.wait_for_load_state("load")
    recorded = {}
    async with httpx.AsyncClient(
        headers={"Accept-Encoding": "gzip, deflate, br, zstd", "Accept-Language": "en-US"}
    ) as client:
        for address in dict.fromkeys(asked):
            async with client.stream("GET", address) as answer:
                headers = [(name.lower(), value) for name, value in answer.headers.raw if name.lower() not in _HOP]
                body = b"".join([part async for part in answer.aiter_raw()])
            recorded[key_of(address)] = Recorded(
                answer.status_code, [*headers, (b"content-length", str(len(body)).encode())], body
            )
    return recorded, sum(len(one.body) for key, one in recorded.items() if "lightweight-charts" not in key)


async def _rows(ours: str) -> dict[str, Recorded]:
    """The page of the library alone, and the rows that it draws."""
    plain = [(b"content-type", b"text/html; charset=utf-8")]
    found = {key_of("/bare"): Recorded(200, plain, bare.PAGE)}
    async with httpx.AsyncClient(base_url=ours, timeout=60) as client:
        head = (await client.get(_PATH)).text
        library = next(part for part in head.split('"') if part.endswith("lightweight-charts.js"))
        script = bare.SCRIPT.replace("LIBRARY", library).encode()
        found[key_of("/bare.js")] = Recorded(200, [(b"content-type", b"text/javascript")], script)
        for interval, count in (("1d", DAYS), ("1m", MINUTES)):
            answer = await client.get(f"/api/v1{_PATH}/insight", params={"interval": interval, "limit": count})
            body = Recorded(200, [(b"content-type", b"application/json")], answer.content)
            found[key_of(f"/bare?interval={interval}")] = found[key_of("/bare")]
            found[key_of(f"/rows?interval={interval}")] = body
    return found


@contextmanager
def _replaying(recorded: dict[str, Recorded]) -> Iterator[str]:
    port = free_port()
    with tempfile.NamedTemporaryFile(suffix=".pickle") as file:
        file.write(pickle.dumps({key: tuple(one) for key, one in recorded.items()}))
        file.flush()
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks._page.replay", str(port), file.name], env=dict(os.environ)
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _await(address)
            yield address
        finally:
            process.terminate()
            process.wait(30)


def _await(address: str) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(retries=12)) as client:
        client.get(f"{address}/bare")


# ---- until it is ready


async def _ready(browser: Browser, ours: str, plain: str) -> list[tuple[str, float, float, str]]:
    first: dict[str, list[float]] = {ours: [], plain: []}
    again: dict[str, list[float]] = {ours: [], plain: []}
    for _ in range(ROUNDS):
        for address in (ours, plain):
            async with _visitor(browser, address) as context:
                first[address].append(await _open(await context.new_page()))
                again[address].append(await _open(await context.new_page()))
    return [
        (f"{what}: navigation to ready", statistics.median(found[ours]), statistics.median(found[plain]), "ms")
        for what, found in (("first view of a stock", first), ("view with all files kept", again))
    ]


@asynccontextmanager
async def _visitor(browser: Browser, address: str) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(base_url=address, locale="en-US", viewport=_SIZE)  # type: ignore[arg-type]
    context.set_default_timeout(120_000)
    await context.add_init_script(_WATCH)
    yield context
    await context.close()


async def _open(page: Page) -> float:
    """Milliseconds until the page of the stock is ready."""
    await page.goto(_PATH, wait_until="commit")
    ready = page.locator("html[data-ready-at]")
    await ready.wait_for(state="attached")
    return float(await ready.get_attribute("data-ready-at") or 0)


# ---- how smooth it is


async def _smooth(browser: Browser, ours: str, plain: str) -> list[tuple[str, float, float, str]]:
    rows = []
    for interval, count in (("1d", DAYS), ("1m", MINUTES)):
        async with _visitor(browser, ours) as context:
            page = await context.new_page()
            await _open(page)
            await page.locator("[data-chart][data-whole]").wait_for()
            await _show_all(page, interval, count)
            mine = await _frames(page)
        async with _visitor(browser, plain) as context:
            page = await context.new_page()
            await page.goto(f"/bare?interval={interval}")
            await page.locator("html[data-ready]").wait_for(state="attached")
            theirs = await _frames(page)
        kind = "days" if interval == "1d" else "minutes"
        for what, own, other in (
            ("scrolling", mine.scrolled, theirs.scrolled),
            ("zooming", mine.zoomed, theirs.zoomed),
        ):
            for name, of in (("p50", statistics.median), ("p95", _p95), ("worst", max)):
                rows.append((f"{what} {count:,} {kind}: frame, {name}", of(own) * 1000, of(other) * 1000, "µs"))
        rows.append((f"either of {count:,} {kind}: CPU for a frame", mine.cpu * 1000, theirs.cpu * 1000, "µs"))
    return rows


async def _show_all(page: Page, interval: str, count: int) -> None:
    """Brings at least `count` rows into the chart, and many of them into sight."""
    chart, box = page.locator("[data-chart]"), page.locator("[data-box]")
    await page.locator(f'button[data-range="{"all" if interval == "1d" else "1d"}"]').click()
    await page.locator(f'[data-chart][data-interval="{interval}"]').wait_for()
    await page.locator("[data-box]:not([aria-busy])").wait_for()
    await box.focus()
    while (rows := int(await chart.get_attribute("data-rows") or 0)) < count:
        # minutes come when somebody goes back to them
        await page.keyboard.press("Home")
        await page.locator(f'[data-chart]:not([data-rows="{rows}"])').wait_for()
    await page.keyboard.press("Escape")
    await page.evaluate(_FRAMES, _OUT)


async def _frames(page: Page) -> Frames:
    session = await page.context.new_cdp_session(page)
    # seconds of CPU, which another's work does not lengthen
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})

    async def busy() -> float:
        told = await session.send("Performance.getMetrics")
        return next(metric["value"] for metric in told["metrics"] if metric["name"] == "TaskDuration")

    before = await busy()
    zoomed = await page.evaluate(_FRAMES, _IN)
    scrolled = await page.evaluate(_FRAMES, _ALONG)
    zoomed += await page.evaluate(_FRAMES, _OUT)
    cpu = (await busy() - before) * 1000 / (len(scrolled) + len(zoomed))
    return Frames(scrolled, zoomed, cpu)


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]
