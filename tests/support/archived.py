"""A server whose log goes to a store while it is written, as the platform has it, and what was committed on it when."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from lib.backup.base.take import take_base
from lib.backup.catalogue import read_backup
from lib.backup.keys import BackupKeys, new_identity, parse_backup_keys
from lib.backup.pitr.restore import Restored, restore_to
from lib.backup.pitr.targets import Target
from lib.backup.store.folder import FolderStore
from lib.backup.store.objects import Store
from lib.backup.wal.positions import parse_lsn
from lib.backup.wal.service import ArchiveService
from lib.db.databases import create_database
from lib.db.installation import installation_id
from lib.db.migrate import migrate
from lib.db.pool import Connection, connect
from lib.db.recovery.wal import WalStanding
from lib.domain.backups import Backup
from lib.postgres.server import PostgresServer, running_server
from lib.settings import Settings

OPTIONS = {"summarize_wal": "on", "fsync": "off", "max_slot_wal_keep_size": "4GB"}

_MAKE = "CREATE TABLE committed (n bigint PRIMARY KEY, said timestamptz NOT NULL DEFAULT clock_timestamp())"
_COMMIT = "INSERT INTO committed SELECT coalesce(max(n), 0) + 1 FROM committed RETURNING n"
_COUNT = "SELECT count(*), coalesce(max(n), 0) FROM committed"
_FILL = "SELECT count(pg_logical_emit_message(true, 'fill', repeat(md5(n::text), 400))) FROM generate_series(1, 1500) n"


class Archived(NamedTuple):
    """A server, the folder of its platform, its store, and a connection to it."""

    server: PostgresServer
    home: Path
    store: Store
    keys: BackupKeys
    installation: str
    db: Connection

    def service(self, **settings: Any) -> ArchiveService:
        """A service that sends its log."""
        chosen = Settings(home=self.home, **{"wal_every_ms": 100, **settings})
        return ArchiveService(chosen, self.server.url(), self.store, self.keys)

    async def commit(self, times: int = 1) -> int:
        """Commits rows one by one; the number of the last."""
        for _ in range(times):
            last: int = await self.db.fetchval(_COMMIT)
        return last

    async def fill(self) -> None:
        """Writes more than a segment of log."""
        await self.db.execute(_FILL)

    async def now(self) -> datetime:
        """The server's clock."""
        moment: datetime = await self.db.fetchval("SELECT clock_timestamp()")
        return moment

    async def place(self) -> str:
        """How far the log is."""
        found: str = await self.db.fetchval("SELECT pg_current_wal_insert_lsn()::text")
        return found

    async def take(self, parent: Backup | None = None) -> Backup:
        """A base backup."""
        index = await take_base(
            self.server.url(),
            self.store,
            self.keys,
            installation=self.installation,
            parent=parent,
            now=datetime.now(UTC),
        )
        return read_backup(self.store, self.installation, "base", index.id)

    async def restore(self, target: Target, folder: Path) -> Restored:
        """Restores it, into `folder`."""
        return await restore_to(self.store, self.keys, self.installation, target, folder=folder, durable=False)


@asynccontextmanager
async def archived(folder: Path, store: Store | None = None) -> AsyncIterator[Archived]:
    """A server of its own with a migrated database and an empty table; nothing sends its log yet."""
    async with running_server(folder / "postgres", options=OPTIONS) as server:
        await create_database(server.url("postgres"), "insitechart")
        await migrate(server.url())
        connection = await connect(server.url(), application="insitechart-test")
        await connection.execute(_MAKE)
        keys = parse_backup_keys(new_identity(), place="a test")
        chosen = store if store is not None else FolderStore(folder / "store")
        try:
            yield Archived(server, folder / "home", chosen, keys, await installation_id(connection), connection)
        finally:
            connection.terminate()


@asynccontextmanager
async def sending(service: ArchiveService) -> AsyncIterator[ArchiveService]:
    """Runs the service, and stops it in order."""
    stop = asyncio.Event()
    running = asyncio.create_task(service.run(stop))
    try:
        yield service
    finally:
        stop.set()
        await running


async def until(what: Callable[[], bool], seconds: float = 60) -> None:
    """Waits until `what` is so."""
    async with asyncio.timeout(seconds):
        for _ in count():
            if what():
                return
            await asyncio.sleep(0.02)


async def until_safe(service: ArchiveService, moment: datetime) -> None:
    """Waits until everything that was committed before `moment` is in the store."""
    await until(lambda: (safe := service.progress.safe_until) is not None and safe >= moment)


async def until_sent(service: ArchiveService, place: str) -> None:
    """Waits until the log before `place` is in the store."""
    wanted = parse_lsn(place)
    await until(lambda: service.progress.sent_to is not None and service.progress.sent_to >= wanted)


def standing_of(service: ArchiveService) -> WalStanding:
    """How it stands."""
    assert service.standing is not None
    return service.standing


async def rows_in(folder: Path) -> int:
    """How many rows a restored cluster has; they are the first ones, without a gap."""
    async with running_server(folder, options={"fsync": "off"}) as server:
        connection = await connect(server.url(), application="insitechart-test")
        row = await connection.fetchrow(_COUNT)
        await connection.close()
    assert row is not None
    assert row[0] == row[1]
    return int(row[0])
