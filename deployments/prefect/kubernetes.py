"""Prefect on a cluster: `python -m deployments.prefect.kubernetes --image IMAGE --namespace NAMESPACE`.

It makes the work pool whose runs are Jobs, as job_template.yaml says, records every deployment for it, and what is to
be watched. Doing so again with the same values changes nothing. It does not ask the cluster.
"""

import argparse
import asyncio
import time
from typing import Any

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.exceptions import ObjectNotFound

from deployments.prefect.apply import bring
from deployments.prefect.job_template import job_template
from lib.errors import ConfigurationError
from lib.logs import configure_logs, get_logger
from lib.settings import load_settings

log = get_logger(__name__)

POOL = "insitechart"
TYPE = "kubernetes"
DESCRIPTION = "Each run is a Job of its own."


async def apply_pool(client: PrefectClient, template: dict[str, Any], name: str = POOL) -> str | None:
    """Makes the pool or brings it up to date. Returns what was done, in words; None where nothing was to do.

    Raises ConfigurationError where a pool of that name runs flows in another way: its runs are not ours to move.
    """
    try:
        there = await client.read_work_pool(name)
    except ObjectNotFound:
        await client.create_work_pool(
            WorkPoolCreate(name=name, type=TYPE, description=DESCRIPTION, base_job_template=template)
        )
        return f"made: {name}"
    if there.type != TYPE:
        raise ConfigurationError(
            f"The work pool {name} is of the type {there.type}, not {TYPE}.",
            hint=f"Delete it when nothing runs in it: prefect work-pool delete {name}",
        )
    if there.base_job_template == template:
        return None
    await client.update_work_pool(name, WorkPoolUpdate(base_job_template=template))
    return f"changed: {name}"


async def until_reachable(client: PrefectClient, seconds: float) -> None:
    """Waits for the server to answer. Raises ConfigurationError where it has not after so many seconds."""
    deadline = time.monotonic() + seconds
    while (failure := await client.api_healthcheck()) is not None:
        if time.monotonic() >= deadline:
            raise ConfigurationError(
                f"The Prefect server does not answer: {failure}", hint="PREFECT_API_URL says where it is looked for."
            )
        await asyncio.sleep(1)


async def _main(image: str, namespace: str, seconds: float) -> None:
    async with get_client() as client:
        await until_reachable(client, seconds)
        changed = await apply_pool(client, job_template(image, namespace))
        log.info("work pool recorded", changed=changed or "nothing")
        log.info("everything else recorded", changed=await bring(client) or "nothing")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deployments.prefect.kubernetes", description=__doc__)
    parser.add_argument("--image", required=True, help="the image that runs the flows, with its tag")
    parser.add_argument("--namespace", required=True, help="where their Jobs are made")
    parser.add_argument("--wait", type=float, default=0, help="seconds to wait for the Prefect server")
    return parser.parse_args()


if __name__ == "__main__":
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    given = _arguments()
    asyncio.run(_main(given.image, given.namespace, given.wait))
