"""How long it takes from a post's publication until the API shows it, scored: over a stream, and by polling.

The real collector reads local providers while the API is asked, as a client would, for the posts of the symbol. The
baseline is what is promised: five seconds over a stream, the poll's interval and five seconds else.
"""

import asyncio
import os
import statistics
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from litestar.testing import AsyncTestClient

from api.app import create_app
from benchmarks.support import empty_database
from flows.support.scoring import ScoringAsItComes
from lib.collect.opening import open_source
from lib.collect.rounds import collect_until
from lib.db.ingest.symbols import store_listings
from lib.db.pool import Pool, open_pool
from lib.domain.symbols import Listing
from lib.settings import Settings
from tests.servers.bluesky import running_bluesky
from tests.servers.reddit import CLIENT_ID, CLIENT_SECRET, running_reddit

POSTS = 100
STREAM_PROMISE_S = 5.0

_PAUSE_S = 0.3


async def main() -> list[tuple[str, float, float, str]]:
    """The 95th percentile of either way, in milliseconds."""
    rows = []
    with tempfile.TemporaryDirectory() as place, running_bluesky(Path(place)) as bluesky:
        bluesky.murmur(0.5)
        os.environ.update(bluesky.environment)
        delays = await _measured("bluesky", Path(place), {}, lambda text: bluesky.say(text))
        rows.append(("bluesky: published to visible, p50", statistics.median(delays) * 1000, 0, "ms"))
        rows.append(("bluesky: published to visible, p95", _p95(delays) * 1000, STREAM_PROMISE_S * 1000, "ms"))
    with tempfile.TemporaryDirectory() as place, running_reddit(Path(place)) as reddit:
        os.environ.update(reddit.environment)
        settings = {
            "reddit_client_id": CLIENT_ID, "reddit_client_secret": CLIENT_SECRET, "reddit_username": "bench",
            "reddit_subreddits": "bench",
        }  # fmt: skip
        reddit.comment("bench", "first")
        reddit.submit("bench", title="first")
        delays = await _measured("reddit", Path(place), settings, lambda text: reddit.comment("bench", text))
        rows.append(("reddit: published to visible, p50", statistics.median(delays) * 1000, 0, "ms"))
        rows.append(("reddit: published to visible, p95 (poll 60 s)", _p95(delays) * 1000, 65_000, "ms"))
    return rows


async def _measured(name: str, home: Path, given: dict[str, Any], say: Callable[[str], object]) -> list[float]:
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(empty_database())
        pool: Pool = await stack.enter_async_context(open_pool(url, application="insitechart-bench", max_size=20))
        async with pool.acquire() as conn, conn.transaction():
            await store_listings(conn, [Listing(symbol="AAPL", name="Apple Inc.")])
        settings = Settings(home=home, database_url=url, watchlist="AAPL", **given)  # type: ignore[arg-type]
        client = await stack.enter_async_context(AsyncTestClient(create_app(settings)))
        opened = await stack.enter_async_context(open_source(pool, settings, name))
        scoring = ScoringAsItComes(pool, settings)
        deadline = datetime.now(UTC) + timedelta(minutes=10)
        collecting = asyncio.create_task(
            collect_until(pool, opened, opened.source.streams(), deadline, on_stored=scoring)
        )
        try:
            return await _delays(client, say)
        finally:
            collecting.cancel()
            await asyncio.gather(collecting, return_exceptions=True)


async def _delays(client: Any, say: Callable[[str], object]) -> list[float]:
    published: dict[str, float] = {}
    visible: dict[str, float] = {}
    while len(visible) < POSTS:
        if len(published) < POSTS:
            text = f"$AAPL is great {len(published)}"
            published[text] = monotonic()
            say(text)
        answer = await client.get("/api/v1/sentiment/AAPL/posts", params={"limit": 200})
        for item in answer.json()["items"]:
            if item["score"] is not None:
                visible.setdefault(item["text"], monotonic())
        await asyncio.sleep(_PAUSE_S)
    return [visible[text] - moment for text, moment in published.items()]


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]
