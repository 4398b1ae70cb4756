"""Records deployments on a Prefect server: what differs is told, what is as it should be costs nothing.

One question brings everything that is recorded; only what is missing or different takes further ones, and only its flow
is loaded. What people switched off stays off. It does not know who runs the flows.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.events.schemas.deployment_triggers import DeploymentEventTrigger
from prefect.flows import Flow, load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema

from deployments.prefect.definitions import Deployment
from deployments.prefect.marks import is_mark, mark_of

_PAGE = 200


class Recorded(NamedTuple):
    """The ids of what is recorded now by full name, and the full names of what was made, changed and removed."""

    ids: dict[str, UUID]
    made: list[str]
    changed: list[str]
    removed: list[str]


async def record(client: PrefectClient, wanted: Sequence[Deployment]) -> Recorded:
    """Brings the server's deployments to `wanted`. What bears a mark of ours and is not wanted any more is removed.

    Raises whatever the server answers with.
    """
    there = {(one.entrypoint, one.name): one for one in await _read_all(client)}
    recorded = Recorded({}, [], [], [])
    for deployment in wanted:
        old = there.pop((deployment.entrypoint, deployment.name), None)
        if old is not None and _recorded_meaning(old) == _meaning(deployment):
            recorded.ids[deployment.full_name] = old.id
            continue
        recorded.ids[deployment.full_name] = await _write(client, deployment, old)
        (recorded.made if old is None else recorded.changed).append(deployment.full_name)
    for (entrypoint, name), one in there.items():
        if is_mark(one.version):
            # they would outlive it, and ask for what is gone
            await client.delete_resource_owned_automations(f"prefect.deployment.{one.id}")
            await client.delete_deployment(one.id)
            recorded.removed.append(f"{(entrypoint or '').partition(':')[2].replace('_', '-')}/{name}")
    return recorded


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


async def _write(client: PrefectClient, deployment: Deployment, old: DeploymentResponse | None) -> UUID:
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
        path=".",
        entrypoint=deployment.entrypoint,
        parameter_openapi_schema=parameter_schema(flow).model_dump(exclude_unset=True),
        enforce_parameter_schema=True,
    )
    if old is not None:
        await client.delete_resource_owned_automations(f"prefect.deployment.{deployment_id}")
    for number, written in enumerate(deployment.triggers, start=1):
        trigger = DeploymentEventTrigger.model_validate({"name": f"{deployment.full_name} {number}", **written})
        trigger.set_deployment_id(deployment_id)
        await client.create_automation(trigger.as_automation())
    return deployment_id


def _meaning(deployment: Deployment) -> dict[str, Any]:
    limit = deployment.concurrency_limit
    return {
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
