"""The API as a drill runs it: started, killed, rolled out and back, and kept running meanwhile. It does not know what
is asked of it.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import httpx

from lib.errors import DrillRefused
from lib.ports import free_port
from lib.recovery.ground import Ground

READY = "/api/v1/health/ready"
_LOOK_S = 0.05


class Api:
    """One address at which one process of the API answers, whichever version that is.

    A supervisor (`run`) starts it again whenever it ends by itself.
    """

    def __init__(self, ground: Ground, name: str, environment: Mapping[str, str], port: int = 0) -> None:
        self._ground, self._name = ground, name
        self.port = port or free_port()
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._replaced = False
        self.ended = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Starts it; it is not ready yet."""
        self.ended.clear()
        command = [sys.executable, "-P", "-m", "api"]
        environment = {**self._environment, "INSITECHART_API_PORT": str(self.port)}
        self._process = self._ground.start_program(self._name, command, environment)

    async def run(self) -> None:
        """Starts it again whenever it ends, until it is cancelled."""
        while True:
            if self._process is None or (self._process.poll() is not None and not self._replaced):
                self.ended.set()
                self.start()
            await asyncio.sleep(_LOOK_S)

    async def is_ready(self, seconds: float = 2.0) -> bool:
        """Whether it says now that it can answer."""
        try:
            async with httpx.AsyncClient(base_url=self.url, timeout=seconds, trust_env=False) as client:
                return (await client.get(READY)).status_code == 200
        except httpx.HTTPError:
            return False

    async def ready(self, seconds: float) -> None:
        """Waits until it is. Raises DrillRefused where it is not in time."""
        until = monotonic() + seconds
        while not await self.is_ready():
            if monotonic() > until:
                raise DrillRefused(
                    f"The API of the drill was not ready within {seconds:.0f} s.", hint=f"Its log: {self._name}.log"
                )
            await asyncio.sleep(_LOOK_S)

    async def replace(self, environment: Mapping[str, str]) -> None:
        """Ends the version that runs, and starts another in its place."""
        self._replaced = True
        try:
            await self.stop()
            self._environment = dict(environment)
            self.start()
        finally:
            self._replaced = False

    async def stop(self) -> None:
        """Ends it at once."""
        if self._process is not None and self._process.poll() is None:
            await self._ground.kill(self._process.pid)
            await asyncio.to_thread(self._process.wait)


def api_environment(ground: Ground, database_url: str, home: Path) -> dict[str, str]:
    """The environment of an API on a drill's own database and home folder; nothing of the one in use is in it."""
    ground.place(home.name)
    return {
        **program_environment(),
        "INSITECHART_DATABASE_URL": database_url,
        "INSITECHART_HOME": str(home),
        "INSITECHART_LOG_LEVEL": "warning",
        "INSITECHART_ENVIRONMENT": "development",
        # whoever visits in a drill changes something many times a second
        "INSITECHART_LIMITS_WRITES": "0",
        "INSITECHART_LIMITS_ANONYMOUS_READS": "0",
    }


def program_environment() -> dict[str, str]:
    """What any program of a drill is told: nothing of this installation, of its settings file, or of Prefect."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("INSITECHART_", "PREFECT_", "PG"))
    }
    kept.pop("REDIS_URL", None)
    return {**kept, "INSITECHART_CONFIG": os.devnull, "DO_NOT_TRACK": "1", "PYTHONUNBUFFERED": "1"}


@asynccontextmanager
async def kept_running(api: Api) -> AsyncIterator[None]:
    """`api` under a supervisor until the block is left; then it is ended."""
    task = asyncio.create_task(api.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await api.stop()
