"""Looks up the cashtags that people use and nobody has listed, as a flow. It does not know how one is looked up.

A source that cannot be reached is no failure of the run: it completes, and its artifact says what was left.
"""

from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows.support.artifacts import table_artifact
from flows.support.context import database
from lib.collect.lookups import Lookup, Lookups, look_up
from lib.collect.opening import Opened, open_source, why_not
from lib.db.pool import Pool
from lib.errors import ConfigurationError
from lib.settings import load_settings
from lib.sources.listings import FindsListings
from lib.sources.registry import declaration

_SOURCE = "yahoo"


@task(task_run_name="up to {most} cashtags", cache_policy=NO_CACHE)
async def look_up_cashtags(pool: Pool, opened: Opened, most: int) -> Lookups | None:
    """Asks for up to `most` cashtags; None where another run does."""
    assert isinstance(opened.source, FindsListings)
    return await look_up(pool, opened.source, gate=opened.gate, most=most)


@flow(name="look-up-symbols", flow_run_name="look up what people write about")
async def look_up_symbols(most: int = 25) -> dict[str, int]:
    """Asks Yahoo for the `most` frequent cashtags of the last 24 hours that no listing has.

    Returns how many were asked for, found and left, and how many posts wait for another reading. Raises
    ConfigurationError for a number below 1, PlatformError or DatabaseUnavailable without a database. Nothing is asked
    where the source is switched off.
    """
    if most < 1:
        raise ConfigurationError(f"most is {most}: it must be 1 or more.", hint="Leave it out to ask for 25.")
    settings = load_settings()
    done: Lookups | None = None
    sentence = why_not(declaration(_SOURCE), settings)
    if sentence is None:
        async with database("insitechart-look-up-symbols") as pool, open_source(pool, settings, _SOURCE) as opened:
            done = await look_up_cashtags(pool, opened, most)
        sentence = "Another run is looking them up." if done is None else summary(done)
    done = done or Lookups()
    get_run_logger().info(sentence)
    await table_artifact("look-up-symbols", [_row(lookup) for lookup in done.answered], sentence)
    return {
        "asked": len(done.answered),
        "found": sum(lookup.listing is not None for lookup in done.answered),
        "left": done.left,
        "read_again": sum(lookup.read_again for lookup in done.answered),
    }


def summary(done: Lookups) -> str:
    """One sentence on what came, and, where asking ended, one on why."""
    found = [lookup for lookup in done.answered if lookup.listing is not None]
    again = sum(lookup.read_again for lookup in found)
    line = (
        f"{len(done.answered)} cashtags looked up, {len(found)} of them listed now; "
        f"{again} posts wait for another reading, {done.left} cashtags are left."
    )
    return f"{line} {done.reason}".rstrip()


def _row(lookup: Lookup) -> dict[str, Any]:
    listing = lookup.listing
    return {
        "cashtag": f"${lookup.cashtag}",
        "posts": lookup.posts,
        "symbol": "" if listing is None else listing.symbol,
        "name": "unknown to Yahoo" if listing is None else listing.name,
        "exchange": "" if listing is None else listing.exchange or "",
        "read again": lookup.read_again,
    }
