"""The supervisor and its guard with parts that are a line of Python each: order, restarts, and nothing left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import psutil
import pytest

from deployments.local.board import Board, PartStatus, Status, read_status, status_file
from deployments.local.guard import Guard
from deployments.local.instance import Instance, hold, holder
from deployments.local.parts import Part
from deployments.local.signals import StopWish
from deployments.local.stopping import MARKER, stop_strays
from deployments.local.supervisor import Supervisor
from lib.errors import PlatformError
from lib.processes import is_alive

SLEEP = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
# a grandchild in a session of its own, as a flow run is
WITH_RUN = (
    "import subprocess, sys; subprocess.Popen([sys.executable, '-c', {sleep!r}], start_new_session=True); {sleep}"
)


class Bench:
    """A supervisor in a folder, and all that it told."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.told: list[tuple[str, str, str]] = []
        (instance.home / "run").mkdir(exist_ok=True)
        self.board = Board(status_file(instance.home), [], self._hear)
        self.guard = Guard(instance.marker, instance.lock, instance.log("guard"))
        self.supervisor = Supervisor(self.board, self.guard, instance.marker, ("first", "second", "third"))

    def part(self, name: str, program: str, is_ready: Callable[[datetime], Awaitable[bool]] | None = None) -> Part:
        async def at_once(_since: datetime) -> bool:
            return True

        return Part(
            name=name,
            command=(sys.executable, "-c", program),
            environment={**os.environ, MARKER: self.instance.marker},
            log=self.instance.log(name),
            is_ready=is_ready or at_once,
            failure=PlatformError,
            patience_s=1,
        )

    def processes(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(MARKER) == self.instance.marker and process.status() != "zombie":
                    found.append(process)
        return found

    def _hear(self, part: PartStatus | None, _status: Status) -> None:
        if part is not None:
            self.told.append((part.name, part.state, part.detail))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with hold(tmp_path / "home") as instance:
        made = Bench(instance)
        yield made
        stop_strays(instance.marker, spare=[])


async def until(what: Callable[[], bool]) -> None:
    """Waits for `what` to become true."""
    async with asyncio.timeout(20):
        while True:
            if what():
                return
            await asyncio.sleep(0.02)


async def told(bench: Bench, name: str, state: str, times: int = 1) -> str:
    """Waits until it was told that `name` is in `state` for the n-th time; the detail."""

    def found() -> list[str]:
        return [detail for who, what, detail in bench.told if (who, what) == (name, state)]

    await until(lambda: len(found()) >= times)
    return found()[times - 1]


async def test_parts_are_stopped_in_order_and_the_stubborn_are_killed(bench: Bench) -> None:
    await asyncio.gather(*(bench.supervisor.start(bench.part(n, SLEEP)) for n in ("third", "first")))
    await bench.supervisor.start(bench.part("second", STUBBORN))
    await until(lambda: "up" in bench.instance.log("second").read_text())
    await bench.supervisor.stop(lambda: False)
    await asyncio.sleep(0)
    ends = [(name, state) for name, state, _ in bench.told if state in ("stopping", "stopped")]
    assert ends == [(name, state) for name in ("first", "second", "third") for state in ("stopping", "stopped")]
    assert bench.processes() == []


async def test_a_part_that_ends_comes_back_after_growing_pauses(bench: Bench) -> None:
    await bench.supervisor.start(bench.part("first", SLEEP))
    for number, pause in ((1, "0.5 s"), (2, "1 s")):
        (process,) = bench.processes()
        process.kill()
        assert await told(bench, "first", "restarting", number) == f"ended by SIGKILL; starting it again in {pause}"
        await told(bench, "first", "ready", number + 1)
    status = read_status(bench.instance.home)
    assert status is not None
    assert status.parts[0].restarts == 2
    await bench.supervisor.stop(lambda: False)
    assert bench.processes() == []


async def test_a_part_that_cannot_start_says_its_last_words(bench: Bench) -> None:
    async def never(_since: datetime) -> bool:
        return False

    bench.instance.log("first").write_text("ValueError: of an earlier start\n")
    with pytest.raises(PlatformError, match=r"^ValueError: no such luck$"):
        await bench.supervisor.start(bench.part("first", "raise ValueError('no such luck')", never))
    await bench.supervisor.stop(lambda: False)


async def test_runs_in_sessions_of_their_own_end_with_the_part_that_started_them(bench: Bench) -> None:
    await bench.supervisor.start(bench.part("first", WITH_RUN.format(sleep=SLEEP)))
    await bench.supervisor.start(bench.part("second", SLEEP))
    await until(lambda: len(bench.processes()) == 3)
    await bench.supervisor.stop(lambda: False)
    assert bench.processes() == []


async def test_a_killed_guard_is_replaced_and_knows_what_runs(bench: Bench) -> None:
    await bench.supervisor.start(bench.part("first", SLEEP))
    watching = asyncio.create_task(bench.supervisor.watch())
    before = bench.guard.pid
    psutil.Process(before).kill()
    await until(lambda: bench.guard.pid != before)
    watching.cancel()
    await bench.supervisor.stop(lambda: False)
    assert not psutil.pid_exists(bench.guard.pid)


@contextmanager
def supervised(home: Path) -> Iterator["subprocess.Popen[str]"]:
    """A supervisor in a process of its own that holds `home`; it runs two parts, one of which has a run under way."""
    program = f"""
import asyncio
from pathlib import Path
from deployments.local.instance import hold
from tests.unit.test_local_supervisor import SLEEP, WITH_RUN, Bench, until
async def main():
    with hold(Path({str(home)!r})) as instance:
        bench = Bench(instance)
        await bench.supervisor.start(bench.part("first", WITH_RUN.format(sleep=SLEEP)))
        await bench.supervisor.start(bench.part("second", SLEEP))
        await until(lambda: len(bench.processes()) == 3)
        print("ready", flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""
    root = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root)
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_the_guard_ends_everything_after_a_kill_and_holds_the_folder_until_then(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with supervised(home) as process:
        running = holder(home)
        assert running is not None
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) == 4
        process.kill()
        process.wait()
    end = time.monotonic() + 15
    while holder(home) is not None:
        assert time.monotonic() < end
        time.sleep(0.02)
    for child in children:
        assert not is_alive(child.pid, child.create_time() if child.is_running() else 0), child


def test_what_even_the_guard_could_not_end_is_ended_by_the_next_start(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with supervised(home) as process:
        running = holder(home)
        assert running is not None
        children = psutil.Process(process.pid).children(recursive=True)
        (guard,) = [child for child in children if "deployments.local.guard" in child.cmdline()]
        guard.suspend()
        process.kill()
        guard.kill()
        process.wait()
    with hold(home) as instance:
        assert instance.marker != running.marker
        _, alive = psutil.wait_procs(children, timeout=5)
        assert alive == []


def test_a_second_holder_is_refused_while_the_first_lives(tmp_path: Path) -> None:
    with hold(tmp_path), pytest.raises(PlatformError, match=f"Another platform runs in {tmp_path}"), hold(tmp_path):
        pass
    assert holder(tmp_path) is None


def test_a_log_that_has_become_large_is_begun_anew(tmp_path: Path) -> None:
    with hold(tmp_path) as instance:
        (tmp_path / "logs" / "api.log").write_bytes(b"x" * 6_000_000)
        assert not instance.log("api").exists()
        assert (tmp_path / "logs" / "api.log.1").stat().st_size == 6_000_000


async def test_the_second_signal_hurries() -> None:
    wish = StopWish()
    with wish.listening():
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.wait_for(wish.or_done(asyncio.sleep(600)), timeout=5)
        assert not wish.hurried
        os.kill(os.getpid(), signal.SIGTERM)
        await until(lambda: wish.hurried)


async def test_what_goes_wrong_first_is_raised_and_the_rest_given_up() -> None:
    async def fails() -> None:
        raise PlatformError("no")

    with StopWish().listening(), pytest.raises(PlatformError, match="no"):
        await StopWish().or_done(asyncio.sleep(600), fails())
