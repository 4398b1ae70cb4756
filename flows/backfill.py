"""Fills gaps as a flow: what a person wants of the past, or what waits in the queue. It does not know how it is asked.

A dry run shows what it would take and asks nothing. A source that refuses is no failure of the run: its gaps stay
queued, each with the reason and the time of its next try.
"""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flows.support.artifacts import table_artifact
from flows.support.context import database
from flows.support.sources import checked
from lib.collect import told
from lib.collect.backfill import fill
from lib.collect.filled import Filled
from lib.collect.opening import Opened, open_source
from lib.collect.plans import Plan, queue_plan
from lib.collect.wanted import plan_for, window_of
from lib.db.gap_reads import Gap, open_gaps
from lib.db.pool import Pool
from lib.domain.bars import Interval
from lib.domain.gaps import Window
from lib.errors import ConfigurationError
from lib.settings import Settings, load_settings


def _run_name() -> str:
    asked: dict[str, Any] = flow_run.parameters
    what = f"backfill from {asked.get('source')}" if asked.get("source") else "fill what waits"
    return f"{what} (dry run)" if asked.get("dry_run") else what


@task(task_run_name="plan", cache_policy=NO_CACHE)
async def plan_source(
    pool: Pool,
    opened: Opened,
    window: Window,
    symbols: list[str] | None,
    streams: list[str] | None,
    interval: Interval,
    settings: Settings,
) -> Plan:
    """What is missing of the wanted window, and what asking for it takes."""
    return await plan_for(
        pool, opened, window, symbols=symbols, streams=streams, interval=interval, watchlist=settings.watchlist
    )


@task(task_run_name="fill gaps of {name}", cache_policy=NO_CACHE)
async def fill_source(name: str, pool: Pool, opened: Opened, ids: list[int] | None, limit: int | None) -> list[Filled]:
    """Tries the gaps of one source that are due, of `ids` alone if they are given."""
    return await fill(pool, opened, ids=ids, limit=limit)


@flow(name="backfill", flow_run_name=_run_name)
async def backfill(
    source: str | None = None,
    symbols: list[str] | None = None,
    streams: list[str] | None = None,
    start: str | None = None,
    end: str | None = None,
    interval: Interval = "1d",
    dry_run: bool = True,
    limit: int | None = None,
) -> dict[str, int]:
    """Fills what is missing of `source` from `start` to `end` (days, the last included, or moments with a time zone;
    default: now). Without a source: the gaps that are queued and due.

    Of a source of bars, `interval` bars of `symbols` (default: the watchlist); of any other the posts of `streams` or
    of those about `symbols`. `limit` tries no more gaps than that. Returns how many windows a dry run would ask for, or
    how many gaps were filled, are lost or stay open, and how many items are new. Raises ConfigurationError for what
    cannot be used, PlatformError or DatabaseUnavailable without a database.
    """
    settings = load_settings()
    if limit is not None and limit < 1:
        raise ConfigurationError(f"limit is {limit}: it must be 1 or more.", hint="Leave it out to try all.")
    async with database("insitechart-backfill") as pool:
        if source is None:
            if symbols or streams or start or end:
                raise ConfigurationError("A backfill needs a source.", hint="Leave everything out to fill what waits.")
            return await _fill_what_waits(pool, settings, dry_run=dry_run, limit=limit)
        if start is None:
            raise ConfigurationError(f"From when on is {source} to be asked?", hint="Say start=2026-03-02, for one.")
        window = window_of(start, end, now=datetime.now(UTC))
        async with open_source(pool, settings, source) as opened:
            plan = await plan_source(pool, opened, window, symbols, streams, interval, settings)
            if dry_run:
                return await _told_plan(plan)
            ids = await queue_plan(pool, plan)
            filled = await fill_source(source, pool, opened, ids, limit) if ids else []
            gave_up = [opened.gate.reason] if opened.gate.reason else []
    return await _told_filled(filled, [*plan.notes], gave_up)


async def _fill_what_waits(pool: Pool, settings: Settings, *, dry_run: bool, limit: int | None) -> dict[str, int]:
    queued = await open_gaps(pool)
    if dry_run:
        return await _told_queue(queued)
    now = datetime.now(UTC)
    due = {gap.source for gap in queued if gap.next_try_at <= now}
    filled: list[Filled] = []
    gave_up: list[str] = []
    for name in checked(None, settings):
        if name in due and (limit is None or len(filled) < limit):
            async with open_source(pool, settings, name) as opened:
                filled += await fill_source(name, pool, opened, None, None if limit is None else limit - len(filled))
                gave_up += [opened.gate.reason] if opened.gate.reason else []
    return await _told_filled(filled, [], gave_up)


async def _told_plan(plan: Plan) -> dict[str, int]:
    sentence = told.plan_summary(plan)
    get_run_logger().info(sentence)
    await table_artifact(key="backfill-plan", rows=told.plan_rows(plan), description=sentence)
    return {"windows": len(plan.shards)}


async def _told_queue(queued: list[Gap]) -> dict[str, int]:
    sentence = f"{len(queued)} gaps are queued."
    get_run_logger().info(sentence)
    await table_artifact(key="backfill-plan", rows=told.gap_rows(queued), description=sentence)
    return {"windows": len(queued)}


async def _told_filled(filled: list[Filled], notes: list[str], gave_up: list[str]) -> dict[str, int]:
    sentence = " ".join([told.filled_summary(filled, gave_up), *notes])
    get_run_logger().info(sentence)
    await table_artifact(key="backfill", rows=told.filled_rows(filled), description=sentence)
    states = Counter(result.state for result in filled)
    return {state: states[state] for state in ("filled", "lost", "open")} | {"new": sum(r.new for r in filled)}
