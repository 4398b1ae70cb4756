"""The API as the process that it is, on a port of its own. It does not know what is asked of it."""

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

START_S = 90.0


class ApiProcess:
    """`python -m api`, started again as often as a test likes. Its lines go to the file `lines` where one is given."""

    def __init__(self, database_url: str, port: int, *, lines: Path | None = None, **settings: str) -> None:
        self._lines = lines
        self.url = f"http://127.0.0.1:{port}"
        self.process: subprocess.Popen[bytes] | None = None
        self._environment = {
            "PATH": "/usr/bin:/bin",
            "INSITECHART_DATABASE_URL": database_url,
            "INSITECHART_API_PORT": str(port),
            "INSITECHART_LOG_LEVEL": "warning",
            # a setting of others bears its whole name
            **{n if n.isupper() else f"INSITECHART_{n.upper()}": value for n, value in settings.items()},
        }

    async def start(self) -> None:
        """Returns once it answers."""
        with contextlib.ExitStack() as stack:
            lines = None if self._lines is None else stack.enter_context(self._lines.open("ab"))
            self.process = subprocess.Popen([sys.executable, "-m", "api"], env=self._environment, stderr=lines)
        async with asyncio.timeout(START_S), httpx.AsyncClient(base_url=self.url) as client:
            while True:
                assert self.process.poll() is None, "it ended while starting"
                try:
                    if (await client.get("/health/live")).status_code == 200:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """Ends it at once."""
        assert self.process is not None
        self.process.kill()
        await asyncio.to_thread(self.process.wait)

    async def terminate(self) -> float:
        """Asks it to end; returns the seconds that it took."""
        assert self.process is not None
        begun = asyncio.get_running_loop().time()
        self.process.terminate()
        await asyncio.to_thread(self.process.wait, 60)
        return asyncio.get_running_loop().time() - begun


@asynccontextmanager
async def running_api(
    database_url: str, port: int, *, lines: Path | None = None, **settings: str
) -> AsyncIterator[ApiProcess]:
    """One that answers, ended on leaving."""
    api = ApiProcess(database_url, port, lines=lines, **settings)
    await api.start()
    try:
        yield api
    finally:
        if api.process is not None and api.process.poll() is None:
            await api.kill()


def free_ports(count: int) -> list[int]:
    """So many different ports that nobody uses now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
