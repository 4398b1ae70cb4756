"""A PostgreSQL for one look: an own cluster in an own folder, on an own port, removed whatever happens.

It takes no part in anything else: nothing is archived from it, nothing replicated to it, and nobody but its owner has
its password. It does not know what is looked at.
"""

import asyncio
import os
import secrets
import shutil
import signal
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import psutil

from lib.logs import get_logger
from lib.postgres.server import PostgresServer
from lib.processes import is_alive

log = get_logger(__name__)

_PREFIX, _MAKING, _MARKER = "scratch-", ".scratch-", "owner.json"
_MAKING_S = 3600.0
_ENDING_S = 20.0

# it never outlives its owner, so durability would only cost time; checksums of pages are on (lib/postgres/cluster.py)
_OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "archive_mode": "off",
    "primary_conninfo": "",
    "autovacuum": "off",
    "wal_compression": "off",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "256MB",
    "max_parallel_maintenance_workers": "1",
    "jit": "off",
}


class _Owner(msgspec.Struct, frozen=True):
    pid: int
    created: float


@asynccontextmanager
async def scratch_server(
    parent: Path, *, options: Mapping[str, str] | None = None, binaries: Path | None = None
) -> AsyncIterator[PostgresServer]:
    """A fresh server, ready for connections, in a folder of its own below `parent`, which is made if need be.

    Raises PlatformError where none can be made or started.
    """
    folder = own_folder(parent)
    try:
        server = PostgresServer(folder, binaries=binaries, options={**_OPTIONS, **(options or {})})
        try:
            await asyncio.to_thread(server.prepare)
            # in this thread: the server ends with the thread that started it
            server.start()
            await server.ready()
            yield server
        finally:
            await server.stop()
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def remove_leftovers(parent: Path) -> list[str]:
    """Ends and removes what owners that were killed have left below `parent`; the names of those folders."""
    return await asyncio.to_thread(_remove_leftovers, parent)


def own_folder(parent: Path) -> Path:
    """A fresh folder below `parent` that says whose it is, so that what a killed owner left is removed."""
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = secrets.token_hex(4)
    making, folder = parent / f"{_MAKING}{name}", parent / f"{_PREFIX}{name}"
    making.mkdir(mode=0o700)
    process = psutil.Process(os.getpid())
    (making / _MARKER).write_bytes(msgspec.json.encode(_Owner(process.pid, process.create_time())))
    # renamed when its owner is known, so that nobody takes it for a leftover
    making.rename(folder)
    return folder


def _remove_leftovers(parent: Path) -> list[str]:
    removed = []
    for folder in sorted([*parent.glob(f"{_PREFIX}*"), *parent.glob(f"{_MAKING}*")]):
        if _is_owned(folder):
            continue
        _end_server(folder)
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            log.info("a scratch server that was left behind is gone", folder=str(folder))
            removed.append(folder.name)
    return removed


def _is_owned(folder: Path) -> bool:
    try:
        if folder.name.startswith(_MAKING):
            return time.time() - folder.stat().st_mtime < _MAKING_S
        owner = msgspec.json.decode((folder / _MARKER).read_bytes(), type=_Owner)
    except FileNotFoundError:
        # its owner is removing it, or was killed while doing so
        return folder.exists() and time.time() - folder.stat().st_mtime < _MAKING_S
    except (OSError, msgspec.DecodeError):
        return True
    return is_alive(owner.pid, owner.created)


def _end_server(folder: Path) -> None:
    """Kills the server that is recorded in `folder`, if that process is it."""
    data = folder / "data"
    with suppress(OSError, ValueError, IndexError, psutil.Error):
        pid = int((data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        process = psutil.Process(pid)
        if Path(process.cwd()).resolve() != data.resolve():
            return
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGQUIT)
            try:
                process.wait(_ENDING_S)
            except psutil.TimeoutExpired:
                process.kill()
                process.wait(_ENDING_S)
