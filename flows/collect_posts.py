"""Collects posts from every configured source as a flow. It does not know how a source is asked or how posts are kept.

A run goes on for some minutes and asks each source in its own rhythm; the next run takes over where it stands, an open
stream without a pause. A source that cannot be reached is no failure of the run: the artifact says what was not heard.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flows.support.artifacts import table_artifact
from flows.support.context import database
from flows.support.scoring import ScoringAsItComes
from flows.support.sources import checked
from lib.collect.opening import open_source, why_not
from lib.collect.posts import PostsOutcome
from lib.collect.rounds import collect_round, collect_until
from lib.db.pool import Pool
from lib.settings import Settings, load_settings
from lib.sources.registry import declarations

# streams read side by side each hold a connection while they are read, and take another one to store a page
_CONNECTIONS = 40


def _run_name() -> str:
    asked: dict[str, Any] = flow_run.parameters
    sources, minutes = asked.get("sources"), asked.get("minutes") or 0
    whose = "every source" if sources is None else ", ".join(sources)
    return f"collect posts from {whose}" + (f" for {minutes:g} minutes" if minutes else "")


@task(task_run_name="{name}", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=5)
async def collect_source(
    name: str, pool: Pool, settings: Settings, deadline: datetime | None, scoring: ScoringAsItComes
) -> list[PostsOutcome]:
    """Everything that one source has until `deadline` (UTC), or what it has now; one outcome per stream."""
    async with open_source(pool, settings, name) as opened:
        streams = opened.source.streams()
        if deadline is None:
            return await collect_round(pool, opened, streams, on_stored=scoring)
        sums: dict[str, PostsOutcome] = {}

        def add(outcomes: Sequence[PostsOutcome]) -> None:
            for outcome in outcomes:
                earlier = sums.get(outcome.stream)
                sums[outcome.stream] = outcome if earlier is None else joined(earlier, outcome)

        await collect_until(pool, opened, streams, deadline, on_stored=scoring, on_outcomes=add)
        return list(sums.values())


@flow(name="collect-posts", flow_run_name=_run_name)
async def collect_posts(sources: list[str] | None = None, minutes: float = 0) -> dict[str, int]:
    """Posts and news of `sources` (default: all that are configured), for `minutes`; 0 asks each stream once.

    Returns how many posts are new, changed and forgotten, and how many streams ended in which state. Raises
    ConfigurationError for a source that does not exist or is not configured, PlatformError or DatabaseUnavailable
    without a database.
    """
    settings = load_settings()
    names = checked(sources, settings)
    deadline = datetime.now(UTC) + timedelta(minutes=minutes) if minutes else None
    async with database("insitechart-collect-posts", connections=_CONNECTIONS) as pool:
        scoring = ScoringAsItComes(pool, settings)
        found = await asyncio.gather(
            *(collect_source(name, pool, settings, deadline, scoring) for name in names), return_exceptions=True
        )
    failures = [result for result in found if isinstance(result, BaseException)]
    results = {name: result for name, result in zip(names, found, strict=True) if not isinstance(result, BaseException)}
    sentence = summary(results, [] if sources is not None else _left_alone(settings))
    get_run_logger().info(sentence)
    rows = [_row(name, outcome) for name, outcomes in results.items() for outcome in outcomes]
    await table_artifact(key="collect-posts", rows=rows, description=sentence)
    if failures:
        raise failures[0]
    return _totals(results)


def joined(earlier: PostsOutcome, later: PostsOutcome) -> PostsOutcome:
    """Two outcomes of one stream as one: sums, and the state and reason of the later one."""
    sums = ("pages", "asked", "received", "new", "changed", "forgotten", "seconds")
    added = {name: getattr(earlier, name) + getattr(later, name) for name in sums}
    state = "ok" if later.state == "empty" and earlier.state == "ok" else later.state
    return msgspec.structs.replace(later, start=earlier.start, state=state, **added)


def summary(results: dict[str, list[PostsOutcome]], left_alone: list[str]) -> str:
    """One sentence on what came, one for each source that was not heard, one on those that are not asked."""
    outcomes = [outcome for found in results.values() for outcome in found]
    new, forgotten = sum(o.new for o in outcomes), sum(o.forgotten for o in outcomes)
    changed = sum(o.changed for o in outcomes)
    lines = [
        f"{len(outcomes)} streams of {len(results)} sources: {new} posts new, {changed} changed, {forgotten} gone."
    ]
    for name, found in results.items():
        unheard = [outcome for outcome in found if not outcome.is_answered]
        if unheard:
            lines.append(f"{name}: {len(unheard)} of {len(found)} not heard: {unheard[0].reason}")
    return " ".join([*lines, *left_alone])


def _left_alone(settings: Settings) -> list[str]:
    return [reason for declared in declarations() if (reason := why_not(declared, settings)) is not None]


def _totals(results: dict[str, list[PostsOutcome]]) -> dict[str, int]:
    outcomes = [outcome for found in results.values() for outcome in found]
    totals = {name: sum(getattr(outcome, name) for outcome in outcomes) for name in ("new", "changed", "forgotten")}
    for outcome in outcomes:
        totals[outcome.state] = totals.get(outcome.state, 0) + 1
    return totals


def _row(source: str, outcome: PostsOutcome) -> dict[str, Any]:
    return {
        "source": source,
        "stream": outcome.stream,
        "from": f"{outcome.start:%Y-%m-%d %H:%M:%S} UTC",
        "until": f"{outcome.end:%Y-%m-%d %H:%M:%S} UTC",
        "state": outcome.state,
        "calls": outcome.asked,
        "received": outcome.received,
        "new": outcome.new,
        "changed": outcome.changed,
        "forgotten": outcome.forgotten,
        "seconds": round(outcome.seconds, 1),
        "note": outcome.reason,
    }
