"""Asks Prefect how the runs of every deployment stand and writes it down, as a flow: who ended how, who is under way
for too long, who is late. It does not know what a run does.

Where this is written down no more, nothing runs at all: that is how the silence of the flows is noticed.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType

from flows.support.artifacts import table_artifact
from flows.support.context import database
from lib.db.flow_runs import last_look, write_figures
from lib.domain.flow_runs import RECENT, Figures, Run, State, count_runs

# what the server gives at once
_PAGE = 200
# after a long silence the successes of a day are looked for, no more
_FURTHEST = timedelta(days=1)

_STATES: dict[StateType, State] = {
    StateType.SCHEDULED: "waiting",
    StateType.PENDING: "waiting",
    StateType.RUNNING: "under way",
    StateType.CANCELLING: "under way",
    StateType.COMPLETED: "completed",
    StateType.FAILED: "failed",
    StateType.CRASHED: "crashed",
    StateType.CANCELLED: "cancelled",
}

_Item = TypeVar("_Item")


@task(task_run_name="ask Prefect", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=2)
async def ask(now: datetime, since: datetime) -> dict[tuple[str, str], Figures]:
    """How all runs stand at `now`; of those that ended, since `since` (both UTC)."""
    wanted = (
        FlowRunFilter(state=_of(StateType.PENDING, StateType.RUNNING, StateType.CANCELLING)),
        FlowRunFilter(
            state=_of(StateType.SCHEDULED),
            expected_start_time=FlowRunFilterExpectedStartTime.model_validate({"before_": now}),
        ),
        FlowRunFilter(
            state=_of(StateType.COMPLETED, StateType.FAILED, StateType.CRASHED, StateType.CANCELLED),
            end_time=FlowRunFilterEndTime.model_validate({"after_": since}),
        ),
    )
    async with get_client() as client:
        flows = {one.id: one.name for one in await _all(client.read_flows)}
        deployments = {one.id: (flows.get(one.flow_id, ""), one.name) for one in await _all(client.read_deployments)}
        # one that ended meanwhile is seen twice; its later state holds
        runs = {
            run.id: run for one in wanted for run in await _all(partial(client.read_flow_runs, flow_run_filter=one))
        }
    return dict(count_runs((_run(run, flows, deployments, now) for run in runs.values()), now, deployments.values()))


@flow(name="watch-flows", flow_run_name="watch the flows")
async def watch_flows() -> dict[str, int]:
    """Looks once at the runs of every deployment, and writes down how they stand.

    Returns how many runs failed or crashed within the last hour, are under way for too long, and are late. Raises
    PlatformError or DatabaseUnavailable without a database.
    """
    now = datetime.now(UTC)
    async with database("insitechart-watch-flows", connections=1) as pool:
        before = await last_look(pool) or now
        figures = await ask(now, max(min(before, now - RECENT), now - _FURTHEST))
        await write_figures(pool, figures, now)
    totals = {
        "failed": sum(one.failed + one.crashed for one in figures.values()),
        "overlong": sum(one.overlong for one in figures.values()),
        "late": sum(one.late for one in figures.values()),
    }
    sentence = (
        f"{len(figures)} deployments: {totals['failed']} runs failed within the last hour, {totals['overlong']} are "
        f"under way for too long, {totals['late']} are late."
    )
    get_run_logger().info(sentence)
    await table_artifact("watch-flows", [_row(*key, found) for key, found in sorted(figures.items())], sentence)
    return totals


async def _all(read: Callable[..., Awaitable[list[_Item]]]) -> list[_Item]:
    """Every page of what `read` reads."""
    found: list[_Item] = []
    while True:
        page = await read(limit=_PAGE, offset=len(found))
        found += page
        if len(page) < _PAGE:
            return found


def _of(*types: StateType) -> FlowRunFilterState:
    return FlowRunFilterState(type=FlowRunFilterStateType(any_=list(types)))


def _run(run: FlowRun, flows: Mapping[UUID, str], deployments: Mapping[UUID, tuple[str, str]], now: datetime) -> Run:
    by_hand = (flows.get(run.flow_id, ""), "")
    name, deployment = by_hand if run.deployment_id is None else deployments.get(run.deployment_id, by_hand)
    state = _STATES.get(run.state_type or StateType.SCHEDULED, "waiting")
    moment = run.start_time if state == "under way" else run.end_time
    return Run(name, deployment, state, moment or run.expected_start_time or now)


def _row(name: str, deployment: str, found: Figures) -> dict[str, Any]:
    return {
        "flow": name,
        "deployment": deployment,
        "completed": found.completed,
        "failed": found.failed + found.crashed,
        "under way": found.under_way,
        "for seconds": round(found.oldest_s),
        "too long": found.overlong,
        "late": found.late,
    }
