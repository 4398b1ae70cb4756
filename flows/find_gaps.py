"""Looks for what is missing of bars and posts, as a flow, and queues it. It does not know what makes a gap.

Nothing is asked of any source: the flow backfill does that.
"""

from collections import Counter
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flows.support.artifacts import table_artifact
from flows.support.context import database
from flows.support.sources import checked
from lib.collect.gaps import Found, find_bar_gaps, find_post_gaps
from lib.collect.opening import open_source
from lib.db.pool import Pool
from lib.settings import Settings, load_settings
from lib.sources.bars import BarSource


def _run_name() -> str:
    sources: list[str] | None = flow_run.parameters.get("sources")
    return "look for gaps" if sources is None else f"look for gaps of {', '.join(sources)}"


@task(task_run_name="{name}", cache_policy=NO_CACHE, retries=1)
async def look_through_source(name: str, pool: Pool, settings: Settings) -> list[Found]:
    """What one source should have brought and nobody has heard of."""
    async with open_source(pool, settings, name) as opened:
        found = await find_post_gaps(pool, opened.source)
        if isinstance(opened.source, BarSource):
            found += await find_bar_gaps(pool, opened.source, settings.watchlist)
    return found


@flow(name="find-gaps", flow_run_name=_run_name)
async def find_gaps(sources: list[str] | None = None) -> dict[str, int]:
    """Looks through the posts and the watchlist's bars of `sources` (default: all that are configured).

    Returns how many gaps were queued (`open`) and given up (`lost`). Raises ConfigurationError for a source that does
    not exist or is not configured, PlatformError or DatabaseUnavailable without a database.
    """
    settings = load_settings()
    found: list[Found] = []
    async with database("insitechart-find-gaps") as pool:
        for name in checked(sources, settings):
            found += await look_through_source(name, pool, settings)
    sentence = summary(found)
    get_run_logger().info(sentence)
    await table_artifact(key="find-gaps", rows=[_row(gap) for gap in found], description=sentence)
    return {"open": 0, "lost": 0} | Counter(gap.state for gap in found)


def summary(found: list[Found]) -> str:
    """One sentence on what is missing, and one for each source that lost something for good."""
    if not found:
        return "Nothing is missing that is not known already."
    queued = sum(gap.state == "open" for gap in found)
    lost = Counter(gap.source for gap in found if gap.state == "lost")
    lines = [f"{len(found)} gaps found, {queued} of them queued."]
    lines += [f"{source}: {count} are lost for good." for source, count in sorted(lost.items())]
    return " ".join(lines)


def _row(gap: Found) -> dict[str, Any]:
    return {
        "source": gap.source,
        "stream": gap.stream,
        "from": f"{gap.start:%Y-%m-%d %H:%M:%S} UTC",
        "until": f"{gap.end:%Y-%m-%d %H:%M:%S} UTC",
        "state": gap.state,
        "note": gap.reason,
    }
