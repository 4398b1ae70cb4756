"""Looks again at posts whose deletions must be followed, as a flow. It does not know how a source is asked.

Sources that tell of deletions by themselves (Bluesky) are not its business: those are followed while they are read.
"""

from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flows.support.artifacts import table_artifact
from flows.support.context import database
from lib.collect.opening import configured, open_source
from lib.collect.verification import Sweep, sweep
from lib.db.pool import Pool
from lib.errors import ConfigurationError
from lib.settings import Settings, load_settings


def _run_name() -> str:
    most = flow_run.parameters.get("most")
    return "look for deleted posts" if most is None else f"look for deleted posts among {most}"


@task(task_run_name="{name}", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=5)
async def sweep_source(name: str, pool: Pool, settings: Settings, most: int | None) -> Sweep:
    """One sweep over the posts of one source."""
    async with open_source(pool, settings, name) as opened:
        return await sweep(pool, opened, most=most)


@flow(name="forget-deleted", flow_run_name=_run_name)
async def forget_deleted(most: int | None = None) -> dict[str, int]:
    """Looks at every post that is due (`most`: at no more than so many of each source) and forgets what is gone.

    Returns how many were looked at, are gone, read otherwise now, and are overdue. Raises ConfigurationError for `most`
    below 1, PlatformError or DatabaseUnavailable without a database.
    """
    if most is not None and most < 1:
        raise ConfigurationError(f"most is {most}: it must be 1 or more.", hint="Leave it out to look at all.")
    settings = load_settings()
    async with database("insitechart-forget-deleted") as pool:
        sweeps = [
            await sweep_source(declared.name, pool, settings, most)
            for declared in configured(settings)
            if declared.verify_within is not None
        ]
    sentence = summary(sweeps)
    get_run_logger().info(sentence)
    await table_artifact(key="forget-deleted", rows=[_row(one) for one in sweeps], description=sentence)
    return {name: sum(getattr(one, name) for one in sweeps) for name in ("looked_at", "gone", "edited", "overdue")}


def summary(sweeps: list[Sweep]) -> str:
    """One sentence on what was found, and one for each source whose posts are overdue."""
    if not sweeps:
        return "No configured source has posts that must be looked at again."
    looked_at, gone = sum(one.looked_at for one in sweeps), sum(one.gone for one in sweeps)
    lines = [f"{looked_at} posts looked at again: {gone} gone and forgotten."]
    lines += [f"{one.source}: {one.overdue} are overdue. {one.reason}".strip() for one in sweeps if one.overdue]
    return " ".join(lines)


def _row(one: Sweep) -> dict[str, Any]:
    return {
        "source": one.source,
        "looked at": one.looked_at,
        "gone": one.gone,
        "edited": one.edited,
        "watched": one.watched,
        "overdue": one.overdue,
        "note": one.reason,
    }
