"""The whole platform as a child process, for tests that meet it as a person would: by its command and over HTTP."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from deployments.local.instance import holder
from deployments.local.stopping import MARKER
from lib.platform import PlatformState, read_state

COMMAND = [sys.executable, "-P", "-m", "deployments.cli"]


def _hear_the_terminal_close() -> None:
    # tests that were started by nohup hand down that a closed terminal is not to be heard
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class RunningPlatform:
    """A home folder and the platform that runs, or ran, in it. Its commands see a clean environment and no network."""

    def __init__(self, home: Path) -> None:
        self.home = home
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("INSITECHART_", "PREFECT_"))}
        # nobody listens there: whatever would leave the machine is refused at once, wherever the tests run
        nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
        local = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
        ports = {"INSITECHART_API_PORT": "0", "INSITECHART_PREFECT_PORT": "0"}
        self.environment = {**kept, **nowhere, **local, **ports, "INSITECHART_HOME": str(home), "COLUMNS": "200"}

    def run(self, *arguments: str, seconds: float = 180, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Runs `insitechart` with `arguments` to its end, in this home."""
        return subprocess.run(
            [*COMMAND, *arguments],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def spawn(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """Starts `insitechart` with `arguments` and leaves it running; its words can be read from `stdout`."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=_hear_the_terminal_close,
        )

    @property
    def api_url(self) -> str:
        return self._state.api_url

    @property
    def prefect_url(self) -> str:
        return self._state.prefect_url

    @property
    def database_url(self) -> str:
        return self._state.database_url

    @property
    def _state(self) -> PlatformState:
        state = read_state(self.home)
        assert state is not None, f"no platform runs in {self.home}"
        return state

    def status(self) -> dict[str, object]:
        """The answer of `insitechart status --json`."""
        answer: dict[str, object] = json.loads(self.run("status", "--json").stdout)
        return answer

    def processes(self) -> list[psutil.Process]:
        """Every living process that carries this platform's marker, its guard and its supervisor excepted."""
        running = holder(self.home)
        return [] if running is None else marked(running.marker)


def marked(marker: str) -> list[psutil.Process]:
    """Every living process with this marker in its environment."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if process.environ().get(MARKER) == marker and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def guards_of(supervisor: int) -> list[int]:
    """The living guards of this supervisor."""
    found = []
    for child in psutil.Process(supervisor).children():
        with suppress(psutil.Error):
            if "deployments.local.guard" in child.cmdline():
                found.append(child.pid)
    return found


@pytest.fixture(scope="session")
def running_platform() -> Iterator[RunningPlatform]:
    """One whole platform for all tests of the session, with the sample, on free ports. Leave it running."""
    # a short path, and one that also an account without rights of its own may enter
    with tempfile.TemporaryDirectory(prefix="insitechart-") as folder:
        platform = RunningPlatform(Path(folder) / "home")
        started = platform.run("up", "--detach", seconds=170)
        assert started.returncode == 0, started.stdout + started.stderr + _logs(platform.home)
        try:
            yield platform
        finally:
            stopped = platform.run("down")
        assert stopped.returncode == 0, stopped.stdout + stopped.stderr


@pytest.fixture
def own_platform() -> Iterator[RunningPlatform]:
    """A home folder for one test, in which nothing runs yet; what runs at the end is stopped."""
    with tempfile.TemporaryDirectory(prefix="insitechart-") as folder:
        platform = RunningPlatform(Path(folder) / "home")
        yield platform
        if holder(platform.home) is not None:
            platform.run("down")


def _logs(home: Path) -> str:
    return "".join(f"\n--- {file.name}\n{file.read_text('utf-8')[-2000:]}" for file in (home / "logs").glob("*.log"))
