"""What a drill works on: a copy of what is in use, made from its newest good backup, else an empty database or one with
the sample in it. It does not know what is rehearsed on it.
"""

import asyncio
import sys
from pathlib import Path
from typing import NamedTuple

from lib.backup.catalogue import read_backups
from lib.backup.keys import BackupKeys
from lib.backup.manifest import read_manifest
from lib.backup.programs import programs_of
from lib.backup.restore import major_of, restore_dump
from lib.db.contents import glance
from lib.db.databases import create_database
from lib.db.installation import installation_id
from lib.db.migrate import migrate
from lib.db.pool import connect
from lib.db.recovery.restoring import TIMESCALE
from lib.domain.backups import Backup
from lib.errors import DrillRefused
from lib.postgres.server import DATABASE, PostgresServer
from lib.processes import last_words
from lib.recovery.apis import program_environment
from lib.recovery.ground import Ground
from lib.recovery.readonly import ReadOnlyStore
from lib.recovery.stage import Stage

_SAMPLE_S = 600.0
_RESTORE_S = 3600.0


class Real(NamedTuple):
    """The store in use, which can be read alone here, the keys that open it, and whose backups count."""

    store: ReadOnlyStore
    keys: BackupKeys
    installation: str


class Stock(NamedTuple):
    """What the database at hand is a copy of, for people, and the installation that it is."""

    words: str
    installation: str


class Wanted(NamedTuple):
    """Which server a copy needs: PostgreSQL's programs (None: the newest at hand), and the libraries that it loads."""

    binaries: Path | None
    preload: str


async def wanted(real: Real | None, programs: Path | None) -> Wanted:
    """A server as the newest good backup of `real` was taken from; `programs` are those that the settings name."""
    newest = await _newest(real) if real is not None else None
    if real is None or newest is None:
        return Wanted(programs, "")
    manifest = await asyncio.to_thread(read_manifest, real.store, real.keys, newest.index)
    preload = TIMESCALE if TIMESCALE in manifest.extensions else ""
    return Wanted(programs_of(major_of(manifest), programs), preload)


async def stock(
    stage: Stage, ground: Ground, server: PostgresServer, real: Real | None, *, sample: bool = False
) -> Stock:
    """Fills the database of `server`: by the newest good backup of `real`, else with the schema and, with `sample`, the
    sample archive. Raises whatever restoring raises: a backup in use that cannot be restored is what drills are for.
    """
    await create_database(server.url("postgres"), DATABASE)
    words = await _copy(stage, ground, server, real) if real is not None else ""
    await stage.prepare("bring the copy to this version's schema", 120.0, lambda: migrate(server.url()))
    if not words:
        words = "a new database, for the store in use has no good logical backup yet"
        stage.warnings.append("There was no good backup in the store in use, so none of its backups was opened.")
    if sample and not (await glance(server.url())).listings:
        await stage.prepare("load the sample", _SAMPLE_S, lambda: _load_sample(ground, server))
        words += ", with the sample archive"
    connection = await connect(server.url(), application="insitechart-drill")
    try:
        return Stock(words, await installation_id(connection))
    finally:
        await connection.close()


async def _copy(stage: Stage, ground: Ground, server: PostgresServer, real: Real) -> str:
    newest = await _newest(real)
    if newest is None:
        return ""
    await stage.prepare(
        f"restore {newest.id} from the store in use",
        _RESTORE_S,
        lambda: restore_dump(real.store, real.keys, newest, server.url(), jobs=2, spool=None, programs=server.binaries),
    )
    stage.check("a backup in use can be opened and restored", True, f"{newest.id} from {real.store.place}")
    return f"a copy of what is in use, from {newest.id}"


async def _newest(real: Real) -> Backup | None:
    kept = await asyncio.to_thread(read_backups, real.store, real.installation, "logical")
    return next((backup for backup in reversed(kept) if backup.state == "good"), None)


async def _load_sample(ground: Ground, server: PostgresServer) -> None:
    home = ground.place("sample-home")
    environment = {
        **program_environment(),
        "INSITECHART_DATABASE_URL": server.url(),
        "INSITECHART_HOME": str(home),
        "INSITECHART_LOG_LEVEL": "warning",
    }
    process = ground.start_program(
        "sample", [sys.executable, "-P", "-m", "deployments.cli", "sample", "load"], environment
    )
    if await asyncio.to_thread(process.wait, _SAMPLE_S) != 0:
        raise DrillRefused(f"The sample could not be loaded: {last_words(ground.log('sample'))}")
