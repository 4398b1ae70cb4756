"""`python -m deployments.local.flows`: serves all flows once the Prefect server answers. It does not know them.

It is started together with the server, for both take seconds to load and need not wait for each other with that.
"""

import asyncio
import logging
import os
from urllib.parse import urlsplit

from prefect.settings import get_current_settings

from deployments.local.prefect_server import is_prepared
from deployments.local.probe import is_well
from deployments.prefect.definitions import PROJECT, read_deployments
from deployments.prefect.recording import load_flows
from deployments.prefect.serve import serve
from lib.logs import configure_logs
from lib.settings import load_settings


async def serve_when_possible() -> None:
    """Waits for the server that PREFECT_API_URL names, then serves until told to stop."""
    settings = get_current_settings()
    address = urlsplit(settings.api.url or "")
    if not is_prepared(settings.home):
        # a server that starts for the first time will be told all of them, and takes as long itself
        os.chdir(PROJECT)
        await asyncio.to_thread(load_flows, read_deployments())
    while True:
        if await is_well(address.hostname or "", address.port or 0, f"{address.path}/health"):
            return await serve()
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format, service="flows")
    # it asks for due runs every other second, and each request would be a line
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(serve_when_possible())
