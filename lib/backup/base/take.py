"""Takes base backups: copied, squeezed, sealed and sent in one pass, never a whole copy on disk. It verifies none.

pg_basebackup writes the data folder as one stream, with the log that makes it whole at its end. The server's own list
of files is taken out of the stream as it goes by, and kept beside it.
"""

import asyncio
import hashlib
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from lib.backup.base.manifest import NAME, Manifest, parse_manifest
from lib.backup.base.tar import Taking, TarStream
from lib.backup.catalogue import new_backup_id, write_index
from lib.backup.keys import BackupKeys
from lib.backup.layout import ARCHIVE, MANIFEST, backup_key
from lib.backup.programs import Piped, connection_environment, piped, programs_of
from lib.backup.sealing import seal, seal_bytes, unseal_bytes
from lib.backup.store.objects import Store
from lib.backup.wal.positions import format_lsn
from lib.db.pool import connect
from lib.db.recovery.replication import Server, last_migration, read_server
from lib.domain.backups import Backup, Index, Stored
from lib.errors import BackupFailed

_OLDEST_INCREMENTAL = 17


async def take_base(
    url: str,
    store: Store,
    keys: BackupKeys,
    *,
    installation: str,
    parent: Backup | None,
    now: datetime,
    programs: Path | None = None,
    backup: str | None = None,
) -> Index:
    """A base backup of the server at `url`, whole or, with `parent`, what changed since; its index, already written.

    `now` (UTC) is when it begins, `backup` its id where the caller has one already. Raises BackupFailed, StoreError or
    DatabaseUnavailable; what was sent by then is no backup.
    """
    connection = await connect(url, application="insitechart-backup")
    try:
        server, migration = await read_server(connection), await last_migration(connection)
    finally:
        await connection.close()
    _refuse(server, parent)
    folder = programs or programs_of(server.major)
    index_id = backup or new_backup_id(now)
    began = time.monotonic()
    objects, manifest = await asyncio.to_thread(_send, url, store, keys, installation, index_id, parent, folder)
    if manifest.system not in ("", server.system):
        raise BackupFailed("Another server answered than the one that was asked before: is its address shared?")
    index = Index(
        id=index_id,
        kind="base",
        installation=installation,
        begun_at=now,
        finished_at=now + timedelta(seconds=time.monotonic() - began),
        objects=objects,
        recipients=keys.recipients[:1],
        parent=parent.id if parent else None,
        system=server.system,
        timeline=manifest.timeline,
        start_lsn=format_lsn(manifest.start),
        end_lsn=format_lsn(manifest.end),
        migration=migration,
        versions={
            "postgresql": server.version,
            "superuser": server.superuser,
            "database": connection_environment(url)["PGDATABASE"],
            "wal_segment_bytes": str(server.segment_bytes),
        },
    )
    await asyncio.to_thread(write_index, store, index)
    return index


def can_follow(server: Server, parent: Backup) -> bool:
    """True where what changed since `parent` is enough: the same cluster, which keeps count of changes."""
    return server.summarizes and server.major >= _OLDEST_INCREMENTAL and parent.index.system == server.system


def _refuse(server: Server, parent: Backup | None) -> None:
    if not server.may_replicate:
        raise BackupFailed(
            "The database's user may not copy the server: it has no right to replicate.",
            hint="ALTER ROLE … REPLICATION, and a line for `replication` in pg_hba.conf; or use logical backups alone.",
        )
    if server.wal_level == "minimal":
        raise BackupFailed("The server's wal_level is minimal.", hint="Set wal_level = replica and restart it.")
    if parent is not None and not can_follow(server, parent):
        raise BackupFailed(f"The server cannot tell what changed since {parent.id}.", hint="Take a whole base backup.")


def _send(
    url: str, store: Store, keys: BackupKeys, installation: str, backup: str, parent: Backup | None, programs: Path
) -> tuple[dict[str, Stored], Manifest]:
    def key(name: str) -> str:
        return backup_key(installation, "base", backup, name)

    with tempfile.TemporaryDirectory(prefix="insitechart-") as folder:
        command: list[str | Path] = [
            programs / "pg_basebackup", "--pgdata=-", "--format=tar", "--wal-method=fetch", "--checkpoint=fast",
            "--manifest-checksums=SHA256", "--no-password", "--no-estimate-size", f"--label=insitechart {backup}",
        ]  # fmt: skip
        if parent is not None:
            before = Path(folder) / NAME
            before.write_bytes(_manifest_of(store, keys, parent))
            command.append(f"--incremental={before}")
        taking = Taking(NAME)
        with piped(command, connection_environment(url)) as program, store.begin(key(ARCHIVE)) as upload:
            archive = seal(_watched(program, taking), upload.write, keys.recipients[:1])
            if taking.found is None:
                raise BackupFailed("pg_basebackup wrote no list of the files that it copied.")
            manifest = parse_manifest(taking.found, what=backup)
            upload.commit()
    sealed = seal_bytes(taking.found, keys.recipients[:1])
    store.put(key(MANIFEST), sealed)
    return {
        ARCHIVE: Stored(archive.bytes, archive.sha256, archive.plain_bytes),
        MANIFEST: Stored(len(sealed), _sha256(sealed), len(taking.found)),
    }, manifest


def _watched(program: Piped, taking: Taking) -> Iterator[bytes]:
    stream = TarStream(taking, what="what pg_basebackup wrote")
    for piece in program.pieces():
        stream.feed(piece)
        yield piece
    stream.close()


def _manifest_of(store: Store, keys: BackupKeys, parent: Backup) -> bytes:
    index = parent.index
    data = store.get(backup_key(index.installation, "base", index.id, MANIFEST))
    return unseal_bytes(data, keys, what=f"the list of files of {index.id}", sha256=index.objects[MANIFEST].sha256)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
