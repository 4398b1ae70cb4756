"""Restores a database to one moment into an empty folder, as a stopped cluster that starts like any other. It does not
touch what is in use, nor the store.

Everything is made in a folder beside the one that was asked for, which it becomes at last: one that was killed half-way
leaves nothing that could be taken for a database, and the next one clears it away.
"""

import asyncio
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import NamedTuple, TypeVar

from lib.backup.base.bring import bring
from lib.backup.keys import BackupKeys
from lib.backup.pipes import Stopped
from lib.backup.pitr.recovery import Reached, recover
from lib.backup.pitr.stops import Log, Stop, find_stop
from lib.backup.pitr.survey import Base, survey
from lib.backup.pitr.targets import Target
from lib.backup.programs import programs_of
from lib.backup.store.objects import Store
from lib.backup.wal.positions import format_lsn
from lib.errors import Damaged, NotRestorable, PlatformError
from lib.postgres.server import PostgresServer

_F = TypeVar("_F")
_S = TypeVar("_S")


class Step(NamedTuple):
    """What a restore does now: `base` (bytes), `log` (segments) or `recovery`; how much of how much."""

    phase: str
    done: int
    total: int


class Restored(NamedTuple):
    """What was restored: the cluster in `folder`, up to `reached_lsn`; its last commit (UTC; None where the log held
    none), and the seconds that each phase took.
    """

    folder: Path
    target: Target
    reached_lsn: str
    reached_at: datetime | None
    base_id: str
    system: str
    timeline: int
    seconds: dict[str, float]


async def restore_to(
    store: Store,
    keys: BackupKeys,
    installation: str,
    target: Target,
    *,
    folder: Path,
    system: str | None = None,
    programs: Path | None = None,
    durable: bool = True,
    on_progress: Callable[[Step], None] | None = None,
) -> Restored:
    """Restores `target` into `folder`, which is empty or not there, as a cluster for lib/postgres, stopped.

    `system` chooses among several clusters of an installation; without it that with the latest sign of life. `durable`
    False is for copies that are thrown away. Raises NotRestorable where what is kept does not lead there, Damaged where
    it is not what was stored, each naming what; KeyRefused, StoreError.
    """
    _refuse_used(folder)
    making = folder.with_name(f".{folder.name}.restoring")
    report = on_progress or (lambda _step: None)
    with _alone(making):
        try:
            return await _restore(store, keys, installation, target, folder, making, system, programs, durable, report)
        finally:
            await asyncio.to_thread(shutil.rmtree, making, ignore_errors=True)


async def _restore(
    store: Store,
    keys: BackupKeys,
    installation: str,
    target: Target,
    folder: Path,
    making: Path,
    system: str | None,
    programs: Path | None,
    durable: bool,
    report: Callable[[Step], None],
) -> Restored:
    began = time.monotonic()
    found = await asyncio.to_thread(survey, store, keys, installation, system)
    version = found.bases[-1].backup.index.versions if found.bases else {}
    binaries = programs or programs_of(int(version.get("postgresql", "0").split(".")[0]) or 18)
    over = Event()
    log = Log(
        store, keys, installation, found, making / "log", binaries,
        lambda done, of: _go_on(over, report, Step("log", done, of)),
    )  # fmt: skip
    _, (base, stopping) = await _both(over, log.histories, lambda: find_stop(found, log, target))
    over.clear()
    _refuse_full(making, base)
    chosen = time.monotonic()
    stop = await _bring_both(store, keys, base, stopping, making / "data", binaries, report, over)
    brought = time.monotonic()
    report(Step("recovery", 0, 0))
    settings = {**stop.settings, "recovery_target_timeline": str(found.timeline)}
    index = base.backup.index
    superuser = index.versions.get("superuser", "postgres")
    reached = await recover(making, binaries, settings, superuser=superuser, log=making / "log", durable=durable)
    _refuse_elsewhere(reached, stop, target, base)
    await asyncio.to_thread(_become, making, folder)
    done = time.monotonic()
    return Restored(
        folder=folder,
        target=target,
        reached_lsn=format_lsn(reached.place),
        reached_at=reached.last_commit_at,
        base_id=index.id,
        system=found.system,
        timeline=reached.timeline,
        seconds={"choose": chosen - began, "bring": brought - chosen, "recover": done - brought},
    )


def _become(making: Path, folder: Path) -> None:
    shutil.rmtree(making / "log")
    if folder.exists():
        folder.rmdir()
    making.rename(folder)


async def _bring_both(
    store: Store,
    keys: BackupKeys,
    base: Base,
    stopping: Callable[[], Stop],
    data: Path,
    programs: Path,
    report: Callable[[Step], None],
    over: Event,
) -> Stop:
    """The base backup and the log behind it at the same time; where one fails, the other is not finished either."""
    count, total = 0, sum(backup.index.objects["archive"].plain_bytes for backup in base.chain)

    def counted(size: int) -> None:
        nonlocal count
        count += size
        _go_on(over, report, Step("base", count, total))

    def bring_it() -> None:
        bring(store, keys, base.chain, data, programs, on_bytes=counted)

    _, stop = await _both(over, bring_it, stopping)
    return stop


async def _both(over: Event, first: Callable[[], _F], second: Callable[[], _S]) -> tuple[_F, _S]:
    """What both answer, each in a thread of its own. Where one fails, or nobody wants it any more, `over` is set and
    the other waited for: it writes where everything is cleared away next.
    """
    one, other = asyncio.create_task(asyncio.to_thread(first)), asyncio.create_task(asyncio.to_thread(second))
    try:
        await asyncio.wait([one, other], return_when=asyncio.FIRST_EXCEPTION)
    finally:
        over.set()
        await asyncio.wait([one, other])
    failed = [error for task in (one, other) if (error := task.exception()) is not None]
    for error in failed:
        if not isinstance(error, Stopped):
            raise error
    return one.result(), other.result()


def _go_on(over: Event, report: Callable[[Step], None], step: Step) -> None:
    if over.is_set():
        raise Stopped
    report(step)


def _refuse_elsewhere(reached: Reached, stop: Stop, target: Target, base: Base) -> None:
    # recovery has said that it came to its target; a second opinion costs nothing
    is_short = stop.end is not None and reached.place < stop.end - 64
    is_late = target.time is not None and reached.last_commit_at is not None and reached.last_commit_at > target.time
    if is_short or is_late or reached.place < base.end:
        raise Damaged(
            f"Recovery stopped at {format_lsn(reached.place)}, which is not {target}: nothing was kept of it."
        )


def _refuse_used(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise NotRestorable(
            f"{folder} is not empty, and nothing is ever overwritten.", hint="Choose another folder, or move it away."
        )


def _refuse_full(making: Path, base: Base) -> None:
    needed = sum(backup.index.plain_bytes for backup in base.chain)
    free = shutil.disk_usage(making).free
    if free < needed * 1.05:
        raise NotRestorable(
            f"The disk of {making.parent} has {free / 1e6:,.0f} MB left, and {needed / 1e6:,.0f} MB are needed.",
            hint="Free some space there, or restore to a folder on another disk: --into FOLDER",
        )


@contextmanager
def _alone(making: Path) -> Iterator[None]:
    """Holds the place for this process, and clears away what an earlier one left in it."""
    making.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = making.with_suffix(".lock")
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotRestorable(f"Another restore to {making.parent} is under way.", hint="Wait for its end.") from None
        if making.exists():
            _refuse_running(making)
            shutil.rmtree(making)
        making.mkdir(mode=0o700)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _refuse_running(making: Path) -> None:
    """A server of a restore that was killed ends with it, but not at once."""
    for _ in range(100):
        if PostgresServer(making).is_left_behind() is None:
            return
        time.sleep(0.1)
    raise PlatformError(f"A PostgreSQL still runs in {making}.", hint="Stop it first.")
