"""Takes a logical backup: one pass over the database, as of one moment, sealed on its way into the store.

While PostgreSQL's pg_dump writes, the same moment is counted and hashed table by table over connections of its own, so
that a restore can be held against it. Nothing is ever written to a disk here, and what fails leaves nothing behind.
It does not verify: a backup that was only taken is not good yet.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from lib.backup.catalogue import new_backup_id, write_index
from lib.backup.keys import BackupKeys
from lib.backup.layout import ARCHIVE, INDEX, MANIFEST, backup_key
from lib.backup.manifest import Manifest, write_manifest
from lib.backup.programs import connection_environment, piped, programs_of
from lib.backup.sealing import seal
from lib.backup.store.objects import Store
from lib.backup.threads import Stop, in_thread
from lib.db.recovery.checksums import measure
from lib.db.recovery.contents import describe, sequences_of
from lib.db.recovery.snapshots import exported_snapshot, steady_session
from lib.domain.backups import Index, Stored
from lib.domain.contents import Sequence
from lib.errors import BackupFailed, InsiteChartError, StoreError
from lib.logs import get_logger
from lib.together import together

log = get_logger(__name__)

Progress = Callable[[int], None]

_TELL_EVERY_S = 0.5
_MEASURING = 2
# against the next two levels it takes a half and a third of the work, for 2 % more bytes: measured on bars and posts
_LEVEL = 1


async def take_dump(
    url: str,
    store: Store,
    keys: BackupKeys,
    *,
    installation: str,
    now: datetime,
    programs: Path | None = None,
    on_progress: Progress | None = None,
    named: str | None = None,
) -> Index:
    """Backs up the database at `url`; what it returns is in the store, and was not verified yet.

    `now` (UTC) is in its id, unless that is given (`named`). `programs` is the folder of PostgreSQL's programs.
    `on_progress` is told from another thread, twice a second, how many bytes pg_dump has written.
    Raises BackupFailed for whatever goes wrong; nothing of the backup is left then.
    """
    backup = named or new_backup_id(now)
    try:
        return await _take(url, store, keys, installation, backup, now, programs, on_progress)
    except BaseException as error:
        await asyncio.to_thread(_remove, store, installation, backup)
        if isinstance(error, InsiteChartError) and not isinstance(error, BackupFailed):
            raise BackupFailed(f"The database could not be backed up: {error}", hint=error.hint) from error
        if isinstance(error, OSError):
            raise BackupFailed(f"The database could not be backed up: {error.strerror or error}") from error
        raise


async def _take(
    url: str,
    store: Store,
    keys: BackupKeys,
    installation: str,
    backup: str,
    now: datetime,
    programs: Path | None,
    on_progress: Progress | None,
) -> Index:
    key = backup_key(installation, "logical", backup, ARCHIVE)
    async with exported_snapshot(url) as snapshot:
        found = await describe(snapshot.connection)
        before = await sequences_of(snapshot.connection)
        source = _Source(url, snapshot.name, programs_of(found.server.major, programs))
        async with together() as both:
            dumping = both.create_task(in_thread(lambda stop: _dump(source, store, keys, key, stop, on_progress)))
            measuring = both.create_task(measure(url, jobs=_MEASURING, snapshot=snapshot.name))
    # sequences move on outside of every snapshot
    async with steady_session(url) as connection:
        after = await sequences_of(connection)
    server = found.server
    manifest = Manifest(
        id=backup,
        installation=installation,
        begun_at=now,
        finished_at=datetime.now(UTC),
        recipients=keys.sealing,
        archive=dumping.result(),
        snapshot_at=snapshot.at,
        lsn=snapshot.lsn,
        migration=found.migration,
        versions={"postgresql": server.version, "insitechart": version("insitechart")},
        database={name: getattr(server, name) for name in ("name", "encoding", "collate", "ctype")},
        settings=tuple(server.settings or ()),
        bytes=server.bytes,
        large_objects=server.large_objects,
        extensions=found.extensions,
        roles=found.roles,
        tables=measuring.result(),
        sequences={
            name: Sequence(last, after.get(name, (last, cycles))[0], cycles) for name, (last, cycles) in before.items()
        },
        schema=found.schema,
    )
    return await asyncio.to_thread(_finish, store, manifest)


class _Source(NamedTuple):
    """What is dumped: a database as of a snapshot, by these programs."""

    url: str
    snapshot: str
    programs: Path


def _dump(
    source: _Source, store: Store, keys: BackupKeys, key: str, stop: Stop, on_progress: Progress | None
) -> Stored:
    # squeezed in the pipe, where it takes a fraction of what pg_dump takes for it
    command: list[str | Path] = [
        source.programs / "pg_dump", "-Fc", "-Z0", f"--snapshot={source.snapshot}", "--no-password",
        "--lock-wait-timeout=60s",
    ]  # fmt: skip
    with piped(command, connection_environment(source.url)) as program, store.begin(key) as upload:
        stop.calls(program.process.kill)
        sealed = seal(_told(program.pieces(), on_progress), upload.write, keys.sealing, level=_LEVEL)
        if stop.asked:
            raise BackupFailed("The backup was stopped.")
        upload.commit()
    return Stored(sealed.bytes, sealed.sha256, sealed.plain_bytes)


def _told(pieces: Iterator[bytes], on_progress: Progress | None) -> Iterator[bytes]:
    if on_progress is None:
        yield from pieces
        return
    done, told_at = 0, time.monotonic()
    for piece in pieces:
        done += len(piece)
        if time.monotonic() - told_at > _TELL_EVERY_S:
            on_progress(done)
            told_at = time.monotonic()
        yield piece
    on_progress(done)


def _finish(store: Store, manifest: Manifest) -> Index:
    index = write_manifest(store, manifest)
    write_index(store, index)
    return index


def _remove(store: Store, installation: str, backup: str) -> None:
    names = (INDEX, MANIFEST, ARCHIVE)
    try:
        # the index first: without it, the rest is no backup
        for name in names:
            store.delete([backup_key(installation, "logical", backup, name)])
    except StoreError as error:
        # a store that does not answer, or keeps it from everybody; the next run finds it and removes it
        log.warning("what is left of a failed backup could not be removed", backup=backup, why=str(error))
