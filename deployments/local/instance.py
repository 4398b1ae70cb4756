"""One platform per home folder: who holds it, and that nothing of an earlier one is left. It does not start any part.

`<home>/run/lock` is locked while a platform or its guard lives, and says who that is; `<home>/logs` holds one file a
part.
"""

import errno
import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil

from deployments.local.stopping import stop_strays
from lib.errors import PlatformError
from lib.processes import is_alive

_NEEDED_BYTES = 256 * 1024 * 1024
_LARGEST_LOG = 5 * 1024 * 1024
_PATIENCE_S = 25.0
_OTHER_DISK = "Free some space there, or set INSITECHART_HOME (or --home) to a folder on another disk."
_FOLDERS = ("run", "logs", "prefect", "tmp")


class Holder(msgspec.Struct, frozen=True):
    """The supervisor that holds a home folder, and the marker that all its processes carry."""

    pid: int
    created: float
    marker: str

    def is_alive(self) -> bool:
        """True while this very supervisor runs."""
        return is_alive(self.pid, self.created)


class Instance(msgspec.Struct, frozen=True):
    """This process as the holder of `home`. Whoever inherits `lock`, the open file, holds the folder too."""

    home: Path
    marker: str
    lock: int

    def log(self, name: str) -> Path:
        """The log of one part, begun anew (the old one kept beside it) if it had become large."""
        file = self.home / "logs" / f"{name}.log"
        if file.exists() and file.stat().st_size > _LARGEST_LOG:
            file.replace(file.with_suffix(".log.1"))
        return file


@contextmanager
def hold(home: Path) -> Iterator[Instance]:
    """Holds `home` for this process. Raises PlatformError if another does, the disk is full, or it is not ours."""
    make_folders(home)
    try:
        lock = os.open(_lock_file(home), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(home, error) from error
    try:
        _take(home, lock)
        _check_space(home)
        earlier = _read(lock)
        if earlier is not None:
            stop_strays(earlier.marker, spare=[])
        # nobody is left who could still want what was temporary
        shutil.rmtree(home / "tmp", ignore_errors=True)
        make_folders(home)
        marker = secrets.token_hex(8)
        me = psutil.Process()
        os.ftruncate(lock, 0)
        os.pwrite(lock, msgspec.json.encode(Holder(me.pid, me.create_time(), marker)), 0)
        try:
            yield Instance(home, marker, lock)
        except OSError as error:
            raise _unusable(home, error) from error
        os.ftruncate(lock, 0)
    finally:
        os.close(lock)


def make_folders(home: Path) -> None:
    """Makes `home` and its folders, for their owner alone. Raises PlatformError where that is not allowed."""
    try:
        for folder in (home, *(home / name for name in _FOLDERS)):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise _unusable(home, error) from error


def holder(home: Path) -> Holder | None:
    """Who holds `home` now, or None. A supervisor that was killed holds it until its guard has ended the rest."""
    try:
        lock = os.open(_lock_file(home), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(home, error) from error
    try:
        # shared, so that two who merely ask do not see each other
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(lock)
    else:
        return None
    finally:
        os.close(lock)


def _take(home: Path, lock: int) -> None:
    started = time.monotonic()
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = _read(lock)
            if other is not None and other.is_alive():
                raise PlatformError(
                    f"Another platform runs in {home} (process {other.pid}).",
                    hint="See it with `insitechart status`, stop it with `insitechart down`, or choose another --home.",
                ) from None
            if time.monotonic() - started > _PATIENCE_S:
                raise PlatformError(
                    f"What ran in {home} before is still ending.", hint="Try again in a moment."
                ) from None
            time.sleep(0.1)
        else:
            return


def _read(lock: int) -> Holder | None:
    try:
        return msgspec.json.decode(os.pread(lock, 4096, 0), type=Holder)
    except msgspec.DecodeError:
        return None


def _check_space(home: Path) -> None:
    free = shutil.disk_usage(home).free
    if free < _NEEDED_BYTES:
        megabytes = 1024 * 1024
        raise PlatformError(
            f"The disk that holds {home} is full: {free // megabytes} MB are free, "
            f"{_NEEDED_BYTES // megabytes} MB are needed.",
            hint=_OTHER_DISK,
        )


def _unusable(home: Path, error: OSError) -> PlatformError:
    if error.errno == errno.ENOSPC:
        return PlatformError(f"The disk that holds {home} is full.", hint=_OTHER_DISK)
    return PlatformError(
        f"The folder {home} cannot be used: {error.strerror or error} ({error.filename}).",
        hint="Check who owns it, or set INSITECHART_HOME (or --home) to another folder.",
    )


def _lock_file(home: Path) -> Path:
    return home / "run" / "lock"
