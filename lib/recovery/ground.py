"""The ground of one drill: its own folder, its own programs and ports, taken away again however it ends. It does not
know which disaster is rehearsed there.

A drill that is killed cannot clean up; the next one does, for every ground whose owner is dead.
"""

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil

from lib.domain.backups import ID_FORMAT
from lib.errors import DrillRefused
from lib.postgres.server import PostgresServer
from lib.processes import is_alive, spawn
from lib.recovery.isolation import UNTIED, Production, refuse_folder, refuse_server, refuse_url, untie
from lib.recovery.traces import MARK, Recorded, clear, end, record, recorded
from lib.settings import Settings

_OWNER = "owner.json"
_HALF_MADE_S = 600.0


class _Owner(msgspec.Struct, frozen=True):
    pid: int
    created: float


class Ground:
    """A drill's own folder. Nothing outside of it is started, stopped or removed here."""

    def __init__(self, folder: Path, production: Production) -> None:
        self.folder, self.production = folder, production

    @property
    def store_folder(self) -> Path:
        """Where the drill keeps backups of its own."""
        return self.folder / "store"

    def place(self, name: str) -> Path:
        """A folder of this name below the drill's own. Raises DrillRefused for one that would lie elsewhere, or is in
        use.
        """
        folder = self.folder / name
        if folder.resolve() == self.folder.resolve() or not folder.resolve().is_relative_to(self.folder.resolve()):
            raise DrillRefused(f"{name!r} does not lie in the folder of the drill.")
        refuse_folder(self.production, folder)
        return folder

    async def start_server(
        self,
        name: str,
        *,
        options: Mapping[str, str] | None = None,
        binaries: Path | None = None,
        follows: bool = False,
        preload: str = "",
    ) -> PostgresServer:
        """Starts PostgreSQL in the folder `name`, which is made where it is missing; returns once it answers.

        Of a restored configuration neither archive nor standby are in force; one that `follows` is a standby by these
        `options` alone. `preload` are libraries that a new one, and whatever is copied from it, loads. Raises
        DrillRefused if it turns out to be in use.
        """
        server = PostgresServer(self.place(name), binaries=binaries, options={**UNTIED, **(options or {})})
        is_new = await asyncio.to_thread(server.prepare)
        untie(server.data)
        if is_new and preload:
            with (server.data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
                file.write(f"shared_preload_libraries = '{preload}'\n")
        if follows:
            (server.data / "standby.signal").touch()
        refuse_url(self.production, server.url())
        server.process = spawn(
            server.command(),
            environment={**server.environment(), MARK: str(self.folder)},
            log=server.log_file,
            folder=Path("/"),
            end_signal=signal.SIGINT,
            account=server.identity.account,
        )
        # at once, and once more when it has its shared memory
        record(self.folder, name, server.process.pid)
        await server.ready()
        record(self.folder, name, server.process.pid, data=server.data)
        await refuse_server(self.production, server.url("postgres"))
        return server

    def start_program(
        self, name: str, command: Sequence[str | Path], environment: Mapping[str, str], *, folder: Path | None = None
    ) -> "subprocess.Popen[bytes]":
        """Starts `command` with its words in NAME.log."""
        process = spawn(
            command,
            environment={**environment, MARK: str(self.folder)},
            log=self.log(name),
            folder=folder or self.folder,
        )
        record(self.folder, name, process.pid)
        return process

    def log(self, name: str) -> Path:
        """Where a program's words go."""
        return self.folder / f"{name}.log"

    async def kill(self, pid: int) -> None:
        """Ends a program of this drill at once, and all that it started. Raises DrillRefused for any other."""
        found = [one for one in recorded(self.folder) if one.pid == pid]
        if not found:
            raise DrillRefused(f"Process {pid} is none that this drill has started.")
        await asyncio.to_thread(end, found[-1])

    async def destroy(self, name: str) -> None:
        """Removes the folder `name` with everything in it."""
        await asyncio.to_thread(shutil.rmtree, self.place(name))

    def alive(self) -> list[Recorded]:
        """What this drill has started and still runs."""
        return [one for one in recorded(self.folder) if is_alive(one.pid, one.created)]


@asynccontextmanager
async def open_ground(settings: Settings, production: Production) -> AsyncIterator[Ground]:
    """A ground below <home>/drills; whatever happens there, it is gone on leaving. What dead drills left goes first."""
    root = settings.home / "drills"
    await asyncio.to_thread(remove_leftovers, root)
    folder = await asyncio.to_thread(_make, root, production)
    try:
        yield Ground(folder, production)
    finally:
        # shielded: also a drill that is cancelled leaves nothing
        await asyncio.shield(asyncio.to_thread(clear, folder))


def remove_leftovers(root: Path) -> list[str]:
    """Clears every ground below `root` whose owner is dead; their names."""
    gone = []
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        if folder.is_dir() and not folder.is_symlink() and _is_left(folder):
            clear(folder.resolve())
            gone.append(folder.name)
    return gone


def _make(root: Path, production: Production) -> Path:
    name = f"{datetime.now(UTC):{ID_FORMAT}}-{secrets.token_hex(3)}"
    refuse_folder(production, root / name)
    making = root / f".{name}.making"
    making.mkdir(parents=True, mode=0o700)
    # for the same reason as everywhere: what is killed half-way must be told from what is whole
    owner = _Owner(os.getpid(), psutil.Process().create_time())
    (making / _OWNER).write_bytes(msgspec.json.encode(owner))
    making.rename(root / name)
    return (root / name).resolve()


def _is_left(folder: Path) -> bool:
    try:
        owner = msgspec.json.decode((folder / _OWNER).read_bytes(), type=_Owner)
    except (OSError, msgspec.DecodeError):
        # one that is being made just now has no owner yet
        return time.time() - folder.stat().st_mtime > _HALF_MADE_S
    return not is_alive(owner.pid, owner.created)
