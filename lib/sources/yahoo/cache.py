"""A folder of its own for the small databases that yfinance keeps on disk. It does not know what is in them.

They hold the time zone of each symbol and Yahoo's cookie, and save one call per symbol and process. SQLite answers
"database is locked" where several processes share one folder, so each process takes the first numbered folder that no
other one holds.
"""

import fcntl
from itertools import count
from pathlib import Path
from typing import IO

# a lock lasts as long as its file is open: until the process ends
_held: dict[Path, tuple[Path, IO[bytes]]] = {}


def own_folder(parent: Path) -> Path:
    """The folder below `parent` that is this process's alone until it ends; the same one at every call."""
    if parent not in _held:
        _held[parent] = _claim(parent)
    return _held[parent][0]


def _claim(parent: Path) -> tuple[Path, IO[bytes]]:
    for number in count():
        folder = parent / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            return folder, lock
    raise AssertionError("count() does not end")
