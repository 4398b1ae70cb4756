"""Asks our own API about a restored database, as a process of its own that is gone afterwards. It does not know how the
database came to be, nor the API's code.
"""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from lib.db.pool import open_pool
from lib.db.symbols import all_listings
from lib.domain.backups import Check
from lib.errors import BackupFailed
from lib.ports import free_port
from lib.processes import last_words, spawn

NAME = "answers"

_START_S = 60.0
_STOP_S = 15.0


async def ask_api(url: str) -> Check:
    """Whether the API starts on the database at `url`, is ready, and serves every listing. Changes nothing of ours.

    Raises BackupFailed where it was ended by somebody else.
    """
    began = time.monotonic()
    async with open_pool(url, application="insitechart-verify", max_size=1) as pool:
        expected = len(await all_listings(pool))
    with tempfile.TemporaryDirectory(prefix="insitechart-api-") as folder:
        try:
            async with _running_api(url, Path(folder)) as client:
                served = await _count_listings(client)
                (await client.get("/sentiment/trending")).raise_for_status()
        except (httpx.HTTPError, _NotReady) as error:
            return Check(NAME, False, f"the API does not work on it: {error}", _since(began))
    found = f"the API is ready, and serves {served:,} of {expected:,} listings"
    return Check(NAME, served == expected, found, _since(began))


class _NotReady(Exception):
    """The API said why it does not serve."""


@asynccontextmanager
async def _running_api(url: str, home: Path) -> AsyncIterator[httpx.AsyncClient]:
    port, log = free_port(), home / "log"
    process = spawn(
        [sys.executable, "-P", "-m", "api"],
        environment=_environment(url, port, home),
        log=log,
        folder=home,
        end_signal=signal.SIGKILL,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=30, trust_env=False) as client:
            await _ready(client, process, log)
            yield client
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, _STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)


async def _ready(client: httpx.AsyncClient, process: subprocess.Popen[bytes], log: Path) -> None:
    words = "it did not answer"
    try:
        async with asyncio.timeout(_START_S):
            while True:
                if process.poll() is not None:
                    if process.returncode < 0:
                        raise BackupFailed(f"The API that looks at the restored database was killed: {last_words(log)}")
                    raise _NotReady(last_words(log))
                try:
                    answer = await client.get("/health/ready")
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
                    continue
                if answer.status_code == 200:
                    return
                words = answer.text
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise _NotReady(f"not ready within {_START_S:.0f} s: {words}") from None


async def _count_listings(client: httpx.AsyncClient) -> int:
    count, cursor = 0, None
    while True:
        parameters = {"limit": "100"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/stocks", params=parameters)).raise_for_status().json()
        count, cursor = count + len(page["items"]), page["next"]
        if cursor is None:
            return count


def _environment(url: str, port: int, home: Path) -> dict[str, str]:
    # none of our own settings: it must reach nobody, neither our Redis nor whoever gets our mails
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "INSITECHART_HOME": str(home),
        "INSITECHART_CONFIG": os.devnull,
        "INSITECHART_DATABASE_URL": url,
        "INSITECHART_API_HOST": "127.0.0.1",
        "INSITECHART_API_PORT": str(port),
        "INSITECHART_ALLOWED_HOSTS": "127.0.0.1",
        "INSITECHART_OPERATIONS_FROM": "127.0.0.1/32",
        "INSITECHART_LOG_LEVEL": "warning",
        "INSITECHART_LOG_FORMAT": "json",
    }


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
