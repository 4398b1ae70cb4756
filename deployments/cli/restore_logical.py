"""Restores a logical backup into a fresh cluster in a folder of its own. It does not know how a dump is read."""

import importlib
from pathlib import Path

from lib.backup.catalogue import read_backup
from lib.backup.keys import BackupKeys
from lib.backup.store.objects import Store
from lib.db.databases import create_database
from lib.postgres.binaries import find_binaries
from lib.postgres.server import DATABASE, PostgresServer
from lib.settings import Settings


async def restore_logical(
    settings: Settings, store: Store, keys: BackupKeys, installation: str, backup: str, folder: Path
) -> None:
    """The database of `backup` in a new cluster in `folder`, stopped. Raises as restore_dump does."""
    found = read_backup(store, installation, "logical", backup)
    restoring = importlib.import_module("lib.backup.restore")
    server = PostgresServer(folder, binaries=find_binaries(settings.pg_bindir))
    server.prepare()
    server.start()
    try:
        await server.ready()
        await create_database(server.url("postgres"), DATABASE)
        await restoring.restore_dump(store, keys, found, server.url(), jobs=settings.backup_jobs, spool=None)
    finally:
        await server.stop()
