"""A drill's own protection: a base backup and the log on its way to a store of the drill's own, by the same programs
that protect what is in use; and the way back from that store alone.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from lib.backup.base.take import take_base
from lib.backup.keys import BackupKeys, write_backup_keys
from lib.backup.pitr.restore import Restored, restore_to
from lib.backup.pitr.targets import LATEST
from lib.backup.store.folder import FolderStore
from lib.db.pool import open_pool
from lib.db.recovery.wal import wal_standings
from lib.domain.backups import Index
from lib.errors import DrillRefused
from lib.postgres.server import PostgresServer
from lib.processes import last_words
from lib.recovery.apis import program_environment
from lib.recovery.ground import Ground
from lib.recovery.stage import Stage

EVERY_MS = 500
_STREAMING_S = 240.0


class Protected(NamedTuple):
    """What keeps a server of a drill safe: the store, whose it is, the base backup, the service that sends the log."""

    store: FolderStore
    installation: str
    base: Index
    service: "subprocess.Popen[bytes]"


async def protect(
    stage: Stage, ground: Ground, server: PostgresServer, keys: BackupKeys, installation: str
) -> Protected:
    """Sends the log of `server` to the drill's own store from now on, and takes a base backup of it."""
    store = FolderStore(ground.store_folder)
    service = start_archive(ground, server, keys)
    await stage.prepare("send the log to the drill's store", _STREAMING_S, lambda: _streaming(ground, server, service))
    base = await stage.prepare(
        "take a base backup",
        1800.0,
        lambda: take_base(
            server.url(),
            store,
            keys,
            installation=installation,
            parent=None,
            now=datetime.now(UTC),
            programs=server.binaries,
        ),
    )
    return Protected(store, installation, base, service)


def start_archive(ground: Ground, server: PostgresServer, keys: BackupKeys) -> "subprocess.Popen[bytes]":
    """The very service that runs beside the database in use, for the one of a drill."""
    home = ground.place("archive-home")
    home.mkdir(mode=0o700, exist_ok=True)
    write_backup_keys(home / "keys", [str(identity) for identity in keys.identities])
    environment = {
        **program_environment(),
        "INSITECHART_DATABASE_URL": server.url(),
        "INSITECHART_HOME": str(home),
        "INSITECHART_BACKUP_STORE": str(ground.store_folder),
        "INSITECHART_BACKUP_KEYS_FILE": str(home / "keys"),
        "INSITECHART_WAL_EVERY_MS": str(EVERY_MS),
        "INSITECHART_LOG_LEVEL": "warning",
    }
    return ground.start_program("archive", [sys.executable, "-P", "-m", "deployments.cli", "archive"], environment)


async def destroy(
    ground: Ground, server: PostgresServer, protected: Protected, *folders: str, others: Sequence[int] = ()
) -> None:
    """The machine is gone: server, archive service and every folder but the store, at once and without a good-bye."""
    assert server.process is not None
    for process in (server.process, protected.service):
        process.kill()
    for process in (server.process, protected.service):
        await ground.kill(process.pid)
        process.wait()
    for pid in others:
        await ground.kill(pid)
    for name in (server.folder.name, "archive-home", *folders):
        await ground.destroy(name)


async def rebuild(
    ground: Ground, store: FolderStore, keys: BackupKeys, installation: str, name: str, binaries: Path
) -> tuple[Restored, PostgresServer]:
    """Restores the latest that the store leads to into the folder `name`, and starts a server on it."""
    restored = await restore_to(store, keys, installation, LATEST, folder=ground.place(name), programs=binaries)
    return restored, await ground.start_server(name, binaries=binaries)


async def _streaming(ground: Ground, server: PostgresServer, service: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _STREAMING_S
    async with open_pool(server.url(), application="insitechart-drill", max_size=1) as pool:
        while not any(standing.state == "streaming" for standing in await wal_standings(pool)):
            if service.poll() is not None or time.monotonic() > until:
                raise DrillRefused(f"The log of the drill is not sent: {last_words(ground.log('archive'))}")
            await asyncio.sleep(0.1)
