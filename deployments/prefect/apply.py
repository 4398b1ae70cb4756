"""Records everything that Prefect is to know of InsiteChart: the pool and its queues, every deployment, every watch.

For a server of your own with workers; `up` needs none of it. Applying it again changes nothing. It does not know how
the server was started, nor who starts the workers.
"""

import os

from prefect.client.orchestration import PrefectClient, get_client
from prefect.settings import get_current_settings

from deployments.prefect.automations import apply_automations, read_automations
from deployments.prefect.definitions import PROJECT, read_deployments
from deployments.prefect.pools import apply_pools, read_pools
from deployments.prefect.recording import record, start_first_runs
from lib.errors import ConfigurationError, PlatformError

_HINT = "Say where it is: export PREFECT_API_URL=http://HOST:4200/api"


async def apply() -> list[str]:
    """Brings the server of PREFECT_API_URL to what the files say. Returns what was changed, in words.

    Raises ConfigurationError for a file that cannot be used or no address, PlatformError where no server answers.
    """
    if not get_current_settings().api.url:
        # Prefect would start a server for the moment, and all would be gone with it
        raise ConfigurationError("No Prefect server is named.", hint=_HINT)
    async with get_client() as client:
        await _check(client)
        return await bring(client)


async def bring(client: PrefectClient) -> list[str]:
    """The same for the server of `client`, which answers."""
    # entrypoints are paths below the project
    os.chdir(PROJECT)
    pools, wanted, watches = read_pools(), read_deployments(), read_automations()
    changed = await apply_pools(client, pools)
    recorded = await record(client, wanted, pooled=True)
    await start_first_runs(client, recorded)
    for word, names in (("made", recorded.made), ("changed", recorded.changed), ("removed", recorded.removed)):
        changed += [f"{word}: deployment {name}" for name in names]
    return changed + await apply_automations(client, watches)


async def _check(client: PrefectClient) -> None:
    failure = await client.api_healthcheck()
    if failure is not None:
        raise PlatformError(
            f"No Prefect server answers at {client.api_url}: {failure}",
            hint=_HINT,
        )
