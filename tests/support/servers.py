"""The API as it is run: `python -m api` in a process of its own, on a free port. It asks only whether it lives."""

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import httpx


@contextmanager
def api_process(**settings: str) -> Iterator[str]:
    """The address of one process with these settings (by their variables' names, without INSITECHART_; any free
    port), once it is alive."""
    with api_processes(settings) as [address]:
        yield address


@contextmanager
def api_processes(*each: dict[str, str]) -> Iterator[list[str]]:
    """The same for several that start side by side, with one home folder."""
    with ExitStack() as stack:
        home = stack.enter_context(TemporaryDirectory())
        started = [_start({"home": home, **settings}) for settings in each]
        for process, _, _ in started:
            stack.callback(_stop, process)
        for process, address, log in started:
            _await(process, address, log)
        yield [address for _, address, _ in started]


def _start(settings: dict[str, str]) -> tuple["subprocess.Popen[bytes]", str, Path]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = settings.get("api_port") or str(probe.getsockname()[1])
    environment = {f"INSITECHART_{name.upper()}": value for name, value in settings.items()}
    environment |= {"INSITECHART_API_PORT": port, "PATH": "/usr/bin:/bin"}
    environment.setdefault("INSITECHART_HOME", tempfile.mkdtemp(prefix="insitechart-test-"))
    # a pipe that nobody empties would hold the API up at its 64 KiB of log lines
    log = Path(environment["INSITECHART_HOME"]) / f"api-{port}.log"
    with log.open("wb") as lines:
        process = subprocess.Popen(
            [sys.executable, "-m", "api"], env=environment, stdout=subprocess.DEVNULL, stderr=lines
        )
    return process, f"http://127.0.0.1:{port}", log


def _await(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    until = monotonic() + 60
    while monotonic() < until:
        try:
            if httpx.get(f"{address}/health/live", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            assert process.poll() is None, log.read_text()
            sleep(0.05)
    raise AssertionError("it did not start")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.wait(30)
