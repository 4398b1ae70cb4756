"""The process that runs the flows on one machine: `python -m deployments.prefect.serve`.

It records every deployment of prefect.yaml on the Prefect server that PREFECT_API_URL names and runs what is due,
each run in a process of its own. It does not know how the server was started, and stops in order on SIGTERM and SIGINT.
"""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy, StateType
from prefect.deployments.runner import RunnerDeployment
from prefect.events.schemas.deployment_triggers import DeploymentEventTrigger
from prefect.runner import Runner
from prefect.schedules import Cron

from deployments.prefect.automations import apply_automations, read_automations
from deployments.prefect.definitions import PROJECT, Deployment, read_deployments
from lib.logs import configure_logs, get_logger
from lib.settings import load_settings

log = get_logger(__name__)

# one run is one process of about 100 MB: more at once would only make them wait for the two cores of a small machine
RUNS_AT_ONCE = 5

# asked once right after the first start, so that a new platform need not wait for the first time on the clock
FIRST_RUNS = ("collect-bars/daily", "collect-bars/minute", "collect-posts/default")


def runner_deployment(deployment: Deployment) -> RunnerDeployment:
    """`deployment` as the runner wants it; loads the flow. The work pool is left out: runs happen beside the runner."""
    limit = deployment.concurrency_limit
    return RunnerDeployment.from_entrypoint(
        entrypoint=deployment.entrypoint,
        name=deployment.name,
        description=deployment.description,
        tags=deployment.tags,
        parameters=deployment.parameters,
        schedules=[
            Cron(schedule.cron, timezone=schedule.timezone, slug=schedule.slug) for schedule in deployment.schedules
        ],
        triggers=[DeploymentEventTrigger.model_validate(trigger) for trigger in deployment.triggers],
        concurrency_limit=None
        if limit is None
        else ConcurrencyLimitConfig(
            limit=limit.limit, collision_strategy=ConcurrencyLimitStrategy(limit.collision_strategy)
        ),
    )


async def serve() -> None:
    """Records the deployments, then runs what is due until it is told to stop."""
    # entrypoints are paths below the project, and every run starts where this process stands
    os.chdir(PROJECT)
    runner = Runner(name="insitechart", limit=RUNS_AT_ONCE, pause_on_shutdown=False, query_seconds=2)
    async with get_client() as client:
        for deployment in [runner_deployment(item) for item in read_deployments()]:
            deployment_id = await runner.aadd_deployment(deployment)
            missed = await _forget_missed_runs(client, deployment_id)
            full_name = f"{deployment.flow_name}/{deployment.name}"
            if full_name in FIRST_RUNS and not missed and not await _ever_ran(client, deployment_id):
                await client.create_flow_run_from_deployment(deployment_id)
            log.info(
                "deployment served", deployment=full_name, schedules=len(deployment.schedules or []), missed_runs=missed
            )
        await _watch(client)
    await runner.start()


async def _watch(client: PrefectClient) -> None:
    """Flows are served whether or not Prefect watches over them."""
    try:
        changed = await apply_automations(client, read_automations())
    except Exception:
        log.exception("automations cannot be recorded")
    else:
        log.info("automations recorded", changed=len(changed))


async def _forget_missed_runs(client: PrefectClient, deployment_id: UUID) -> int:
    """Runs planned for when nothing ran would all start at once now, and one on time does their work as well."""
    late = datetime.now(UTC) - timedelta(seconds=30)
    missed = await client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment_id])),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
            expected_start_time=FlowRunFilterExpectedStartTime.model_validate({"before_": late}),
        ),
    )
    planned = [run for run in missed if run.auto_scheduled]
    for run in planned:
        await client.delete_flow_run(run.id)
    return len(planned)


async def _ever_ran(client: PrefectClient, deployment_id: UUID) -> bool:
    runs = await client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment_id])),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(not_any_=[StateType.SCHEDULED]))
        ),
        limit=1,
    )
    return bool(runs)


if __name__ == "__main__":
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format, service="flows")
    asyncio.run(serve())
