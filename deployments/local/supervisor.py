"""Starts parts, keeps them running, and ends them in order. It does not know what they are, nor who waits for whom.

A part that ends by itself is started again after a pause that doubles from half a second to half a minute, and that is
said. Every change of what runs is told to the guard, so that nothing outlives the supervisor.
"""

import asyncio
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from deployments.local.board import Board
from deployments.local.guard import Guard
from deployments.local.parts import Part
from deployments.local.stopping import Group, group_of, stop_in_order
from lib.errors import PlatformError
from lib.logs import get_logger
from lib.processes import last_words, spawn

log = get_logger(__name__)

_POLL_S = 0.1
_WELL_EVERY_S = 5.0
# a small machine under load takes minutes to load the flows
_START_S = 300.0
_PAUSES_S = (0.5, 1, 2, 4, 8, 16, 30)
# having run this long, a part is as good as new
_STEADY_S = 60.0


class _Running:
    """A part and its process."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.log_start = part.log.stat().st_size if part.log.exists() else 0
        self.started_at = datetime.now(UTC)
        self.process: subprocess.Popen[bytes] = spawn(
            part.command,
            environment=part.environment,
            log=part.log,
            folder=part.folder,
            end_signal=part.end_signal,
            account=part.account,
        )
        self.group: Group = group_of(part.name, self.process.pid, signum=part.end_signal, patience_s=part.patience_s)

    @property
    def words(self) -> str:
        return last_words(self.part.log, since=self.log_start)


class Supervisor:
    """`start` parts in any order, `run_once` what ends by itself, `watch` meanwhile, `stop` at the end."""

    def __init__(self, board: Board, guard: Guard, marker: str, stop_order: Sequence[str]) -> None:
        self._board = board
        self._guard = guard
        self._marker = marker
        self._order = {name: place for place, name in enumerate(stop_order)}
        self._running: dict[str, _Running] = {}
        self._watchers: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def start(self, part: Part) -> None:
        """Starts `part`, returns when it is ready, and keeps it running. Raises PlatformError if it ends before."""
        running = self._launch(part)
        await self._until_ready(running)
        watcher = asyncio.create_task(self._keep(running), name=f"watch {part.name}")
        self._watchers.add(watcher)

    async def run_once(self, part: Part) -> tuple[int, str]:
        """Starts `part` and waits for its end; its exit code and its last telling words."""
        running = self._launch(part)
        await _end_of(running.process)
        del self._running[part.name]
        self._tell_guard()
        return running.process.returncode, running.words

    async def watch(self) -> None:
        """Keeps the guard alive. Ends only by an error of this module's own, which it raises."""
        while True:
            if self._guard.check():
                log.warning("the guard was gone and has been started again", pid=self._guard.pid)
            for watcher in self._watchers:
                if watcher.done():
                    watcher.result()
            await asyncio.sleep(_POLL_S * 5)

    async def stop(self, hurry: Callable[[], bool]) -> None:
        """Ends everything in order, hardly waiting once `hurry` says so, and dismisses the guard."""
        self._stopping = True
        for watcher in self._watchers:
            watcher.cancel()
        loop = asyncio.get_running_loop()

        def told(name: str, word: str) -> None:
            loop.call_soon_threadsafe(self._board.change, name, "stopping" if word == "stopping" else "stopped")

        await asyncio.to_thread(stop_in_order, self._groups(), self._marker, hurry=hurry, told=told)
        for running in self._running.values():
            running.process.wait()
        self._running.clear()
        self._tell_guard()
        await asyncio.to_thread(self._guard.dismiss)

    def _launch(self, part: Part) -> _Running:
        running = _Running(part)
        self._running[part.name] = running
        self._tell_guard()
        self._board.change(part.name, "starting", pid=running.process.pid, address=part.address)
        return running

    async def _until_ready(self, running: _Running) -> None:
        part = running.part
        try:
            async with asyncio.timeout(_START_S):
                while not await part.is_ready(running.started_at):
                    if running.process.poll() is not None:
                        self._board.change(part.name, "failed", _how(running.process.returncode))
                        raise part.failure(running.words)
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            self._board.change(part.name, "failed", "not ready in time")
            raise PlatformError(
                f"{part.name} was not ready within {_START_S:.0f} s; its last words: {running.words}",
                hint=f"Read {part.log}.",
            ) from None
        self._board.change(part.name, "ready", pid=running.process.pid)

    async def _keep(self, running: _Running) -> None:
        failures = 0
        while True:
            await self._while_running(running)
            lasted = (datetime.now(UTC) - running.started_at).total_seconds()
            failures = 1 if lasted > _STEADY_S else failures + 1
            pause = _PAUSES_S[min(failures, len(_PAUSES_S)) - 1]
            how = _how(running.process.wait())
            log.warning("a part ended by itself", part=running.part.name, how=how, words=running.words, pause_s=pause)
            self._board.change(running.part.name, "restarting", f"{how}; starting it again in {pause} s")
            await asyncio.sleep(pause)
            running = self._launch(running.part)
            try:
                await self._until_ready(running)
            except PlatformError as error:
                self._board.change(running.part.name, "failed", str(error))
                with suppress(ProcessLookupError):
                    running.process.send_signal(signal.SIGKILL)

    async def _while_running(self, running: _Running) -> None:
        loop = asyncio.get_running_loop()
        ask_at = loop.time() + _WELL_EVERY_S
        while running.process.poll() is None:
            if running.part.is_well is not None and loop.time() >= ask_at:
                well = await running.part.is_well()
                if running.process.poll() is None:
                    self._board.change(running.part.name, "ready" if well else "not answering", pid=running.process.pid)
                ask_at = loop.time() + _WELL_EVERY_S
            await asyncio.sleep(_POLL_S)

    def _groups(self) -> list[Group]:
        return [self._running[name].group for name in sorted(self._running, key=lambda name: self._order[name])]

    def _tell_guard(self) -> None:
        self._guard.tell(self._groups())


async def _end_of(process: subprocess.Popen[bytes]) -> None:
    while True:
        if process.poll() is not None:
            return
        await asyncio.sleep(_POLL_S)


def _how(code: int) -> str:
    if code < 0:
        return f"ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
