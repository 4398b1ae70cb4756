"""What the programs of a drill leave on a machine, and taking exactly that away. It does not know what they were for.

A process is ended only after it was found to be the recorded one: its number and the moment it began, or the drill's
mark in its environment. A server that is killed leaves a piece of shared memory behind, which goes with it.
"""

import ctypes
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil

from lib.processes import is_alive

# in the environment of every program of a drill and of what these start, with the drill's folder; settings of ours are
# kept from PostgreSQL's programs, so it is named otherwise
MARK = "DRILL_OF_INSITECHART"

_RECORDS = "processes.jsonl"
_PATIENCE_S = 5.0
_LOOK_S = 0.01
_IPC_RMID = 0


class Recorded(msgspec.Struct, frozen=True):
    """A program of a drill: its number, when it began, and its piece of shared memory, where it has one."""

    name: str
    pid: int
    created: float
    shared_memory: int | None = None


def record(folder: Path, name: str, pid: int, *, data: Path | None = None) -> Recorded:
    """Writes down a program that was started, a server of PostgreSQL in `data` with its shared memory."""
    try:
        created = psutil.Process(pid).create_time()
    except psutil.Error:
        created = 0.0
    found = Recorded(name, pid, created, _shared_memory_of(data) if data else None)
    with (folder / _RECORDS).open("ab") as file:
        file.write(msgspec.json.encode(found) + b"\n")
    return found


def recorded(folder: Path) -> list[Recorded]:
    """What was written down in `folder`; a line that was being written when its writer was killed does not count."""
    found = []
    with suppress(FileNotFoundError):
        for line in (folder / _RECORDS).read_bytes().splitlines():
            with suppress(msgspec.DecodeError):
                found.append(msgspec.json.decode(line, type=Recorded))
    return found


def end(one: Recorded) -> bool:
    """Kills a recorded program with all that it started, and waits until nothing of it is left; False if it is gone."""
    if not is_alive(one.pid, one.created):
        return False
    tree: list[psutil.Process] = []
    with suppress(psutil.Error):
        process = psutil.Process(one.pid)
        tree = [process, *process.children(recursive=True)]
    for process in tree:
        # one that is frozen would not notice that the one which started it is gone
        with suppress(psutil.Error):
            process.kill()
    _await(tree)
    return True


def clear(folder: Path) -> None:
    """Ends whatever a drill in `folder` has started and still runs, and removes what it left, the folder last."""
    records = recorded(folder)
    for one in reversed(records):
        end(one)
    _await(list(marked(folder)))
    for one in records:
        if one.shared_memory is not None:
            _forget(one.shared_memory, one.pid)
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        # something wrote while it was removed
        shutil.rmtree(folder)


def marked(folder: Path) -> Iterator[psutil.Process]:
    """The processes that carry the mark of the drill in `folder`."""
    mark = str(folder)
    for process in psutil.process_iter():
        # another user's processes cannot be read and are not ours
        with suppress(psutil.Error):
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def shared_memory_left(records: Iterable[Recorded]) -> list[int]:
    """The pieces of shared memory of these programs that are still there and nobody uses."""
    return [
        one.shared_memory for one in records if one.shared_memory is not None and _is_left(one.shared_memory, one.pid)
    ]


def _await(processes: list[psutil.Process]) -> None:
    # what a server started ends by itself once it notices that the server is gone
    for process in _left(processes):
        with suppress(psutil.Error):
            process.kill()
    _left(processes)


def _left(processes: list[psutil.Process]) -> list[psutil.Process]:
    until = time.monotonic() + _PATIENCE_S
    while True:
        left = [process for process in processes if _runs(process)]
        if not left or time.monotonic() > until:
            return left
        time.sleep(_LOOK_S)


def _runs(process: psutil.Process) -> bool:
    # one that has ended and that nobody has asked for yet does not run any more
    with suppress(psutil.Error):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _shared_memory_of(data: Path) -> int | None:
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return int(lines[6].split()[1])
    except (OSError, IndexError, ValueError):
        return None


def _is_left(piece: int, creator: int) -> bool:
    try:
        lines = Path("/proc/sysvipc/shm").read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return False
    fields = [line.split() for line in lines]
    return any(int(row[1]) == piece and int(row[4]) == creator and int(row[6]) == 0 for row in fields)


def _forget(piece: int, creator: int) -> None:
    # the number alone could be another server's by now
    if sys.platform == "linux" and _is_left(piece, creator):
        ctypes.CDLL(None).shmctl(piece, _IPC_RMID, None)
