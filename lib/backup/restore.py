"""Restores a logical backup into an empty database, straight from the store. It does not judge what came of it.

The archive is read once, opened on its way, and its tables are filled in one transaction; its first bytes are kept, for
they list what it holds, and with that list alone indexes and constraints are then made, several at a time. Where a
folder for a whole copy is given, that is restored instead, several tables at a time.
"""

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from lib.backup.keys import BackupKeys
from lib.backup.layout import ARCHIVE, backup_key
from lib.backup.manifest import Manifest, check_index, read_manifest
from lib.backup.programs import connection_environment, piped, programs_of
from lib.backup.sealing import unseal
from lib.backup.store.objects import Store
from lib.backup.threads import Stop, in_thread
from lib.db.recovery.restoring import TIMESCALE, finish, prepare, refuse_filled
from lib.domain.backups import Backup, Index
from lib.errors import Damaged

# what an archive lists lies before its first row: some hundred bytes for each table, index, function
HEAD = 32 * 1024 * 1024


class Restored(NamedTuple):
    """What came: the manifest, the bytes of the archive before sealing, and the seconds that it took."""

    manifest: Manifest
    plain_bytes: int
    seconds: float


async def restore_dump(
    store: Store, keys: BackupKeys, backup: Backup, url: str, *, jobs: int = 2, spool: Path | None = None,
    programs: Path | None = None,
) -> Restored:  # fmt: skip
    """Restores `backup` into the empty database at `url`. Roles that are missing are made, without login.

    With `spool`, a whole copy lies in that folder meanwhile. Raises NotRestorable for a database that is not empty or
    lacks an extension, Damaged, KeyRefused, StoreError, or BackupFailed with the words of pg_restore. What was restored
    by then stays, for people to look at; it is never whole.
    """
    begun = time.monotonic()
    await refuse_filled(url)
    manifest = await asyncio.to_thread(read_manifest, store, keys, backup.index)
    await asyncio.to_thread(check_index, store, backup.index, manifest)
    folder = programs_of(major_of(manifest), programs)
    await prepare(url, manifest.roles, manifest.extensions)
    if spool is None:
        with tempfile.NamedTemporaryFile(prefix="insitechart-", suffix=".head") as head:
            plain_bytes = await fill(store, keys, backup.index, url, folder, head)
            await build(url, folder, head, jobs=jobs_for(manifest, jobs))
    else:
        plain_bytes = await _spooled(store, keys, backup.index, url, folder, spool, jobs_for(manifest, jobs))
    await finish(url, manifest.extensions)
    return Restored(manifest, plain_bytes, time.monotonic() - begun)


def major_of(manifest: Manifest) -> int:
    """The major version of the PostgreSQL that the backup is of."""
    return int(manifest.versions["postgresql"].partition(".")[0])


def jobs_for(manifest: Manifest, jobs: int) -> int:
    """How many at a time: with TimescaleDB one, as its makers ask."""
    return 1 if TIMESCALE in manifest.extensions else jobs


async def fill(store: Store, keys: BackupKeys, index: Index, url: str, programs: Path, head: IO[bytes]) -> int:
    """Makes the tables and fills them, in one transaction; `head` gets the archive's first bytes. Returns its bytes.

    Raises Damaged for an archive that is not what was stored: that is the cause, whatever else went wrong with it.
    """
    command = [*_restoring(programs, url), "--single-transaction", "--section=pre-data", "--section=data"]

    def work(stop: Stop) -> int:
        with piped(command, connection_environment(url), source=subprocess.PIPE) as program:
            stop.calls(program.process.kill)
            assert program.process.stdin is not None
            taken, wanted = 0, True
            for piece in _opened(store, keys, index):
                if stop.asked:
                    break
                if taken < HEAD:
                    head.write(piece[: HEAD - taken])
                taken += len(piece)
                # what is not wanted any more is read all the same: whether it is damaged is known at its end
                wanted = wanted and _hand_on(program.process.stdin, piece)
            if wanted:
                _hand_on(program.process.stdin, b"", last=True)
            program.finish()
        head.flush()
        return taken

    return await in_thread(work)


async def build(url: str, programs: Path, head: IO[bytes], *, jobs: int) -> None:
    """Makes indexes, constraints, triggers of tables that are filled. Raises BackupFailed with pg_restore's words."""
    command = [*_restoring(programs, url), f"--jobs={jobs}", "--section=post-data", head.name]
    await in_thread(lambda stop: _run(command, url, stop))


async def _spooled(
    store: Store, keys: BackupKeys, index: Index, url: str, programs: Path, spool: Path, jobs: int
) -> int:
    await asyncio.to_thread(spool.mkdir, parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(prefix="insitechart-", suffix=".dump", dir=spool) as copy:

        def work(stop: Stop) -> int:
            taken = 0
            for piece in _opened(store, keys, index):
                if stop.asked:
                    break
                taken += copy.write(piece)
            copy.flush()
            return taken

        plain_bytes = await in_thread(work)
        command = [*_restoring(programs, url), f"--jobs={jobs}", copy.name]
        await in_thread(lambda stop: _run(command, url, stop))
    return plain_bytes


def _opened(store: Store, keys: BackupKeys, index: Index) -> Iterator[bytes]:
    stored = index.objects[ARCHIVE]
    pieces = store.read(backup_key(index.installation, "logical", index.id, ARCHIVE))
    taken = 0
    for piece in unseal(pieces, keys, what=f"the archive of {index.id}", sha256=stored.sha256):
        taken += len(piece)
        yield piece
    if taken != stored.plain_bytes:
        raise Damaged(f"The archive of {index.id} holds {taken:,} bytes, and was made of {stored.plain_bytes:,}.")


def _hand_on(pipe: IO[bytes], piece: bytes, *, last: bool = False) -> bool:
    try:
        pipe.write(piece)
        if last:
            pipe.close()
    except BrokenPipeError:
        # it has all that it wants, or has failed, and says so itself
        return False
    return True


def _restoring(programs: Path, url: str) -> list[str | Path]:
    database = connection_environment(url)["PGDATABASE"]
    return [programs / "pg_restore", "--exit-on-error", "--no-password", f"--dbname={database}"]


def _run(command: Sequence[str | Path], url: str, stop: Stop) -> None:
    with piped(command, connection_environment(url)) as program:
        stop.calls(program.process.kill)
        program.finish()
