"""The process that runs the flows on one machine: `python -m deployments.prefect.serve`.

It records what differs from prefect.yaml on the Prefect server that PREFECT_API_URL names and runs what is due, each
run in a process of its own. It does not know how the server was started, and stops in order on SIGTERM and SIGINT.
"""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterTags,
)
from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner

from deployments.prefect.automations import apply_automations, read_automations
from deployments.prefect.definitions import PROJECT, Deployment, read_deployments
from deployments.prefect.recording import record, start_first_runs
from lib.logs import configure_logs, get_logger
from lib.settings import load_settings

log = get_logger(__name__)

# one run is one process of about 100 MB: more at once would only make them wait for the two cores of a small machine
RUNS_AT_ONCE = 5

# the client has no method for it; the server removes no more at once
_REMOVE: Any = "/flow_runs/bulk_delete"
_REMOVED_AT_ONCE = 50


class Served(RunnerDeployment):
    """A deployment that is recorded already; the runner asks each for its id. Runs happen beside the runner."""

    recorded_id: UUID

    async def aapply(self, *_args: Any, **_options: Any) -> UUID:
        """The id under which it is recorded."""
        return self.recorded_id


async def serve() -> None:
    """Records the deployments where they differ, then runs what is due until it is told to stop."""
    # entrypoints are paths below the project, and every run starts where this process stands
    os.chdir(PROJECT)
    wanted = read_deployments()
    async with get_client() as client:
        recorded = await record(client, wanted)
        missed = await forget_missed_runs(client, list(recorded.ids.values()))
        await start_first_runs(client, recorded)
    log.info(
        "deployments served", deployments=len(wanted), made=len(recorded.made), changed=recorded.changed,
        removed=recorded.removed, missed_runs=missed,
    )  # fmt: skip
    await _run(wanted, recorded.ids)


async def _run(wanted: list[Deployment], ids: dict[str, UUID]) -> None:
    runner = Runner(name="insitechart", limit=RUNS_AT_ONCE, pause_on_shutdown=False, query_seconds=2)
    for one in wanted:
        await runner.aadd_deployment(
            Served(name=one.name, flow_name=one.flow_name, recorded_id=ids[one.full_name], entrypoint=one.entrypoint)
        )
    watching = asyncio.create_task(_watch())
    try:
        await runner.start()
    finally:
        watching.cancel()


async def _watch() -> None:
    """Flows are served whether or not Prefect watches over them, and do not wait for that."""
    try:
        async with get_client() as client:
            changed = await apply_automations(client, read_automations())
    except Exception:
        log.exception("automations cannot be recorded")
    else:
        log.info("automations recorded", changed=len(changed))


async def forget_missed_runs(client: PrefectClient, deployment_ids: list[UUID]) -> int:
    """Runs planned for when nothing ran would all start at once now, and one on time does their work as well.

    What people or automations asked for stays, and so does what is to be tried again. Returns how many are gone.
    """
    late = datetime.now(UTC) - timedelta(seconds=30)
    planned = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=deployment_ids),
        tags=FlowRunFilterTags(all_=["auto-scheduled"]),
        state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Scheduled", "Late"])),
        expected_start_time=FlowRunFilterExpectedStartTime.model_validate({"before_": late}),
    ).model_dump(mode="json", exclude_unset=True)
    gone = 0
    while True:
        answer = await client.request("POST", _REMOVE, json={"flow_runs": planned, "limit": _REMOVED_AT_ONCE})
        answer.raise_for_status()
        deleted = len(answer.json()["deleted"])
        gone += deleted
        if deleted < _REMOVED_AT_ONCE:
            return gone


if __name__ == "__main__":
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format, service="flows")
    asyncio.run(serve())
