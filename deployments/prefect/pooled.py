"""Records every deployment of prefect.yaml for a work pool, in one process, for `prefect deploy --all` takes minutes.

Schedules that people have switched off stay off. It does not know what the pool makes of a run.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.schedules import CronSchedule
from prefect.events.schemas.deployment_triggers import DeploymentEventTrigger
from prefect.exceptions import ObjectNotFound
from prefect.flows import Flow, load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema

from deployments.prefect.definitions import PROJECT, Deployment

# runs start where the code is in the image, which is the one that records
_PULL = [{"prefect.deployments.steps.set_working_directory": {"directory": str(PROJECT)}}]


async def record_for_pool(client: PrefectClient, wanted: Sequence[Deployment], pool: str) -> list[str]:
    """Records `wanted` for `pool` and returns their full names. Raises whatever the server answers with."""
    return [await _record(client, deployment, pool) for deployment in wanted]


async def _record(client: PrefectClient, deployment: Deployment, pool: str) -> str:
    flow: Flow[..., Any] = await asyncio.to_thread(
        load_flow_from_entrypoint, deployment.entrypoint, use_placeholder_flow=False
    )
    full_name = f"{flow.name}/{deployment.name}"
    off = await _switched_off(client, full_name)
    limit = deployment.concurrency_limit
    deployment_id = await client.create_deployment(
        flow_id=await client.create_flow_from_name(flow.name),
        name=deployment.name,
        description=deployment.description,
        tags=deployment.tags,
        parameters=deployment.parameters,
        schedules=[
            DeploymentScheduleCreate(
                schedule=CronSchedule(cron=one.cron, timezone=one.timezone), slug=one.slug, active=one.slug not in off
            )
            for one in deployment.schedules
        ],
        concurrency_limit=None if limit is None else limit.limit,
        concurrency_options=None
        if limit is None
        else ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy(limit.collision_strategy)),
        work_pool_name=pool,
        work_queue_name=deployment.work_pool.get("work_queue_name"),
        job_variables=deployment.work_pool.get("job_variables"),
        pull_steps=_PULL,
        entrypoint=deployment.entrypoint,
        parameter_openapi_schema=parameter_schema(flow).model_dump(exclude_unset=True),
        enforce_parameter_schema=True,
    )
    await client.delete_resource_owned_automations(f"prefect.deployment.{deployment_id}")
    for written in deployment.triggers:
        trigger = DeploymentEventTrigger.model_validate(written)
        trigger.set_deployment_id(deployment_id)
        await client.create_automation(trigger.as_automation())
    return full_name


async def _switched_off(client: PrefectClient, full_name: str) -> set[str | None]:
    try:
        there = await client.read_deployment_by_name(full_name)
    except ObjectNotFound:
        return set()
    return {schedule.slug for schedule in there.schedules if not schedule.active}
