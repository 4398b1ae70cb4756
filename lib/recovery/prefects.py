"""A Prefect server as a drill runs it, on a copy of Prefect's own database: asked what it knows, and nothing else.

None of its services runs: a copy must not start runs, and above all not notify the people that the original notifies.
"""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import httpx

from lib.errors import DrillRefused
from lib.ports import free_port
from lib.processes import last_words
from lib.recovery.apis import program_environment
from lib.recovery.ground import Ground

_SERVICES = (
    "CANCELLATION_CLEANUP", "CLEANUP_RECONCILER", "DB_VACUUM", "EVENT_LOGGER", "EVENT_PERSISTER", "FOREMAN",
    "LATE_RUNS", "PAUSE_EXPIRATIONS", "REPOSSESSOR", "SCHEDULER", "TASK_RUN_RECORDER", "TRIGGERS",
)  # fmt: skip
_START_S = 300.0
_TABLES = {"flows": "flow", "deployments": "deployment", "flow_runs": "flow_run"}


class Known(NamedTuple):
    """How many flows, deployments and runs Prefect knows."""

    flows: int
    deployments: int
    flow_runs: int

    def __str__(self) -> str:
        return f"{self.flows} flows, {self.deployments} deployments, {self.flow_runs} runs"


def known_in(file: Path) -> Known:
    """What Prefect's SQLite file knows."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as opened:
        flows = int(opened.execute("SELECT count(*) FROM flow").fetchone()[0])
        deployments = int(opened.execute("SELECT count(*) FROM deployment").fetchone()[0])
        runs = int(opened.execute("SELECT count(*) FROM flow_run").fetchone()[0])
    return Known(flows, deployments, runs)


class Prefect:
    """A Prefect server in `folder`, on the file prefect.db there, which is made where it is missing."""

    def __init__(self, ground: Ground, name: str, folder: Path) -> None:
        self._ground, self._name, self._folder = ground, name, folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/api"

    async def start(self) -> None:
        """Returns once it answers. Raises DrillRefused with its words where it does not."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        command = [
            sys.executable, "-P", "-m", "uvicorn", "prefect.server.api.server:create_app", "--factory",
            "--no-access-log", "--host", "127.0.0.1", "--port", str(self._port), "--log-level", "warning",
        ]  # fmt: skip
        self._process = self._ground.start_program(self._name, command, self._environment())
        until = monotonic() + _START_S
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            while True:
                if self._process.poll() is not None or monotonic() > until:
                    raise DrillRefused(f"Prefect did not start: {last_words(self._ground.log(self._name))}")
                try:
                    if (await client.get(f"{self.url}/health")).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.1)

    async def known(self) -> Known:
        """What it knows."""
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            counts = [(await client.post(f"{self.url}/{what}/count", json={})).json() for what in _TABLES]
        return Known(*(int(count) for count in counts))

    async def make_known(self, name: str) -> None:
        """Lets it know a flow of this name."""
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            (await client.post(f"{self.url}/flows/", json={"name": name})).raise_for_status()

    async def stop(self) -> None:
        """Ends it at once."""
        if self._process is not None and self._process.poll() is None:
            await self._ground.kill(self._process.pid)
            await asyncio.to_thread(self._process.wait)

    def _environment(self) -> dict[str, str]:
        off = {f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in _SERVICES}
        return {
            **program_environment(),
            **off,
            "PREFECT_HOME": str(self._folder),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{self._folder / 'prefect.db'}",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_ENABLED": "false",
            "PREFECT_SERVER_MEMOIZE_BLOCK_AUTO_REGISTRATION": "false",
            "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
            "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
            "PREFECT__SERVER_FINAL": "1",
        }
