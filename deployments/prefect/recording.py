"""Records deployments on a Prefect server: what differs is told, what is as it should be costs nothing.

One question brings everything that is recorded; only what is missing or different takes further ones, and only its flow
is loaded. What people switched off stays off. It does not know who runs the flows.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, DeploymentUpdate
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.events.schemas.deployment_triggers import DeploymentEventTrigger
from prefect.flows import Flow, load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema

from deployments.prefect.definitions import Deployment, read_pull
from deployments.prefect.marks import is_mark, mark_of

# asked once when they are recorded first, so that a new platform need not wait for the first time on the clock
FIRST_RUNS = ("collect-bars/daily", "collect-bars/minute", "collect-posts/default")

_PAGE = 200

# runs start where the process stands that serves them
_SERVED: dict[str, Any] = {"path": ".", "pull_steps": [], "job_variables": {}}


class Recorded(NamedTuple):
    """The ids of what is recorded now by full name, and the full names of what was made, changed and removed."""

    ids: dict[str, UUID]
    made: list[str]
    changed: list[str]
    removed: list[str]


async def record(client: PrefectClient, wanted: Sequence[Deployment], *, pooled: bool = False) -> Recorded:
    """Brings the server's deployments to `wanted`. What bears a mark of ours and is not wanted any more is removed.

    Pooled: their runs wait in the pools and queues that they name for workers; else for who serves them. Raises
    whatever the server answers with.
    """
    there = {(one.entrypoint, one.name): one for one in await _read_all(client)}
    recorded = Recorded({}, [], [], [])
    for deployment in wanted:
        old = there.pop((deployment.entrypoint, deployment.name), None)
        if old is not None and _recorded_meaning(old) == _meaning(deployment, pooled=pooled):
            recorded.ids[deployment.full_name] = old.id
            continue
        recorded.ids[deployment.full_name] = await _write(client, deployment, old, pooled=pooled)
        (recorded.made if old is None else recorded.changed).append(deployment.full_name)
    for (entrypoint, name), one in there.items():
        if is_mark(one.version):
            # they would outlive it, and ask for what is gone
            await client.delete_resource_owned_automations(f"prefect.deployment.{one.id}")
            await client.delete_deployment(one.id)
            recorded.removed.append(f"{(entrypoint or '').partition(':')[2].replace('_', '-')}/{name}")
    return recorded


async def start_first_runs(client: PrefectClient, recorded: Recorded) -> None:
    """Asks for one run of each of FIRST_RUNS that was made just now. Raises whatever the server answers with."""
    for name in FIRST_RUNS:
        if name in recorded.made:
            await client.create_flow_run_from_deployment(recorded.ids[name])


def load_flows(wanted: Sequence[Deployment]) -> None:
    """Loads every flow of `wanted`, which a server that knows none of them will be told about; takes seconds."""
    for entrypoint in sorted({deployment.entrypoint for deployment in wanted}):
        load_flow_from_entrypoint(entrypoint, use_placeholder_flow=False)


async def _read_all(client: PrefectClient) -> list[DeploymentResponse]:
    found: list[DeploymentResponse] = []
    while True:
        page = await client.read_deployments(limit=_PAGE, offset=len(found))
        found += page
        if len(page) < _PAGE:
            return found


async def _write(
    client: PrefectClient, deployment: Deployment, old: DeploymentResponse | None, *, pooled: bool
) -> UUID:
    flow: Flow[..., Any] = await asyncio.to_thread(
        load_flow_from_entrypoint, deployment.entrypoint, use_placeholder_flow=False
    )
    limit = deployment.concurrency_limit
    off = {schedule.slug for schedule in old.schedules if not schedule.active} if old is not None else set()
    deployment_id = await client.create_deployment(
        flow_id=await client.create_flow_from_name(flow.name),
        name=deployment.name,
        version=mark_of(deployment),
        description=deployment.description,
        tags=deployment.tags,
        parameters=deployment.parameters,
        schedules=[
            DeploymentScheduleCreate(
                schedule=CronSchedule(cron=schedule.cron, timezone=schedule.timezone),
                slug=schedule.slug,
                active=schedule.slug not in off,
            )
            for schedule in deployment.schedules
        ],
        concurrency_limit=None if limit is None else limit.limit,
        concurrency_options=None
        if limit is None
        else ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy(limit.collision_strategy)),
        **(_in_pool(deployment) if pooled else _SERVED),
        entrypoint=deployment.entrypoint,
        parameter_openapi_schema=parameter_schema(flow).model_dump(exclude_unset=True),
        enforce_parameter_schema=True,
    )
    if old is not None:
        if old.work_pool_name is not None and not pooled:
            # said nothing of, it would stay where it is
            await client.update_deployment(deployment_id, DeploymentUpdate(work_pool_name=None, work_queue_name=None))
        await client.delete_resource_owned_automations(f"prefect.deployment.{deployment_id}")
    for number, written in enumerate(deployment.triggers, start=1):
        trigger = DeploymentEventTrigger.model_validate({"name": f"{deployment.full_name} {number}", **written})
        trigger.set_deployment_id(deployment_id)
        await client.create_automation(trigger.as_automation())
    return deployment_id


def _in_pool(deployment: Deployment) -> dict[str, Any]:
    return {
        "work_pool_name": deployment.work_pool["name"],
        "work_queue_name": deployment.work_pool.get("work_queue_name", "default"),
        "job_variables": deployment.work_pool.get("job_variables", {}),
        "pull_steps": read_pull(),
    }


def _meaning(deployment: Deployment, *, pooled: bool) -> dict[str, Any]:
    limit = deployment.concurrency_limit
    place = _in_pool(deployment) if pooled else {}
    return {
        "pool": place.get("work_pool_name"),
        "queue": place.get("work_queue_name"),
        "variables": place.get("job_variables", {}),
        "pull": place.get("pull_steps", []),
        "version": mark_of(deployment),
        "description": deployment.description,
        "tags": sorted(deployment.tags),
        "parameters": deployment.parameters,
        "schedules": {one.slug: (one.cron, one.timezone) for one in deployment.schedules},
        "limit": None if limit is None else (limit.limit, limit.collision_strategy),
    }


def _recorded_meaning(recorded: DeploymentResponse) -> dict[str, Any]:
    limit, options = recorded.global_concurrency_limit, recorded.concurrency_options
    return {
        "pool": recorded.work_pool_name,
        "queue": recorded.work_queue_name,
        "variables": recorded.job_variables,
        "pull": recorded.pull_steps or [],
        "version": recorded.version,
        "description": recorded.description,
        "tags": sorted(recorded.tags),
        "parameters": recorded.parameters,
        "schedules": {
            one.slug: (one.schedule.cron, one.schedule.timezone) if isinstance(one.schedule, CronSchedule) else None
            for one in recorded.schedules
        },
        "limit": None if limit is None or options is None else (limit.limit, options.collision_strategy.value),
    }
