"""Proves a logical backup: read back from the store, opened, restored into a server of its own, and compared.

It writes nothing but that server, which is gone afterwards; whoever asked writes the verdict down. A verdict is about
the backup: where the looking itself fails (the store does not answer, this disk is full), that is raised, and nothing
is said of the backup.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from lib.backup.keys import BackupKeys
from lib.backup.manifest import Manifest, check_index, read_manifest
from lib.backup.programs import connection_environment, piped, programs_of
from lib.backup.restore import build, fill, jobs_for, major_of
from lib.backup.scratch import scratch_server
from lib.backup.store.objects import Store
from lib.backup.threads import Stop, in_thread
from lib.db.databases import create_database
from lib.db.recovery.checksums import measure
from lib.db.recovery.contents import schema_of, sequences_of, server_of
from lib.db.recovery.restoring import TIMESCALE, finish, has_extension, prepare
from lib.db.recovery.snapshots import looking_at
from lib.domain.backups import Backup, Check, Verdict
from lib.domain.contents import Table, schema_differences, sequence_differences, table_differences
from lib.errors import BackupFailed, Damaged, KeyRefused, ObjectMissing
from lib.together import together

Smoke = Callable[[str], Awaitable[Check]]

_DATABASE = "restored"
_SHOWN = 5

# the fault of this machine, or of whoever ended it: it says nothing of the backup
_NOT_ITS_FAULT = re.compile(
    r"ended with signal|No space left|Disk quota|out of memory|could not extend file|shutting down|"
    r"server closed the connection|terminating connection|could not connect|connection to server",
    re.IGNORECASE,
)


class _Failed(Exception):
    """A check failed, and those after it have nothing to look at."""


class _Looking:
    """The checks so far."""

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self.began = time.monotonic()

    async def doing(self, name: str, work: Awaitable[str]) -> None:
        """Adds a check that says what `work` found; where that raises what is the backup's fault, a failed one."""
        began = time.monotonic()
        try:
            found, ok = await work, True
        except (Damaged, KeyRefused, ObjectMissing) as error:
            found, ok = str(error), False
        except BackupFailed as error:
            if _NOT_ITS_FAULT.search(str(error)):
                raise
            found, ok = str(error), False
        self.adds(Check(name, ok, found, round(time.monotonic() - began, 3)))

    def adds(self, *checks: Check) -> None:
        """Adds these; where one failed, there is nothing more to look at."""
        self.checks += checks
        if not all(check.ok for check in checks):
            raise _Failed

    def verdict(self) -> Verdict:
        """What all of it says."""
        return Verdict(
            at=datetime.now(UTC),
            ok=all(check.ok for check in self.checks),
            seconds=round(time.monotonic() - self.began, 3),
            checks=tuple(self.checks),
        )


class _Place(NamedTuple):
    """Where the backup is restored: an address, PostgreSQL's programs, a folder."""

    url: str
    programs: Path
    folder: Path


async def verify_dump(
    store: Store,
    keys: BackupKeys,
    backup: Backup,
    *,
    folder: Path,
    jobs: int = 2,
    smoke: Smoke | None = None,
    programs: Path | None = None,
) -> Verdict:
    """What a restore of `backup` into a scratch server below `folder` shows; `smoke` is asked last, with its address.

    Every table is compared by its rows and their checksum, as many as `jobs` at a time. Raises StoreError where the
    store does not answer, PlatformError where no server can be had, BackupFailed where restoring was cut short.
    """
    looking = _Looking()
    try:
        manifest = await _manifest(looking, store, keys, backup)
        binaries = programs_of(major_of(manifest), programs)
        options = {"shared_preload_libraries": TIMESCALE} if TIMESCALE in manifest.extensions else None
        async with scratch_server(folder, options=options, binaries=binaries) as server:
            await create_database(server.url("postgres"), _DATABASE)
            place = _Place(server.url(_DATABASE), binaries, server.folder)
            await _restore(looking, store, keys, backup, manifest, place, jobs)
            if smoke is not None:
                looking.checks.append(await smoke(place.url))
    except _Failed:
        pass
    except OSError as error:
        # of this machine: what its programs meet is told by themselves
        raise BackupFailed(f"{backup.id} could not be looked at: {error.strerror or error}") from error
    return looking.verdict()


async def _manifest(looking: _Looking, store: Store, keys: BackupKeys, backup: Backup) -> Manifest:
    found: list[Manifest] = []

    async def read() -> str:
        manifest = await asyncio.to_thread(read_manifest, store, keys, backup.index)
        await asyncio.to_thread(check_index, store, backup.index, manifest)
        found.append(manifest)
        return (
            f"{len(manifest.tables)} tables with {manifest.rows:,} rows as of {manifest.snapshot_at:%Y-%m-%d %H:%M:%SZ}"
        )

    await looking.doing("manifest", read())
    return found[0]


async def _restore(
    looking: _Looking, store: Store, keys: BackupKeys, backup: Backup, manifest: Manifest, place: _Place, jobs: int
) -> None:
    await prepare(place.url, manifest.roles, manifest.extensions)
    with (place.folder / "head").open("w+b") as head:

        async def filled() -> str:
            taken = await fill(store, keys, backup.index, place.url, place.programs, head)
            return f"{taken:,} bytes are those that were stored, and fill the tables"

        await looking.doing("archive", filled())
        async with together() as both:
            building = both.create_task(_quietly(build(place.url, place.programs, head, jobs=jobs_for(manifest, jobs))))
            measuring = both.create_task(_timed(measure(place.url, jobs=jobs)))
    failed, took = building.result()
    here, compared = measuring.result()
    await finish(place.url, manifest.extensions)
    looking.adds(
        Check("indexes and constraints", failed is None, "all were made" if failed is None else str(failed), took),
        _check("rows", table_differences(manifest.tables, here), _counted(here), compared),
        *await _catalogue(manifest, place),
    )
    await looking.doing("structure", _structure(place, jobs))


async def _catalogue(manifest: Manifest, place: _Place) -> list[Check]:
    began = time.monotonic()
    async with looking_at(place.url, None) as connection:
        schema = await schema_of(connection)
        sequences = {name: last for name, (last, _) in (await sequences_of(connection)).items()}
        objects = (await server_of(connection)).large_objects
    took = time.monotonic() - began
    lost = (
        [] if objects == manifest.large_objects else [f"{manifest.large_objects} large objects there, {objects} here"]
    )
    return [
        _check(
            "schema",
            [*schema_differences(manifest.schema, schema), *lost],
            f"{len(schema)} things are as they were",
            took,
        ),
        _check(
            "sequences", sequence_differences(manifest.sequences, sequences), f"{len(sequences)} stand as they did", 0
        ),
    ]


async def _structure(place: _Place, jobs: int) -> str:
    """Pages and indexes, looked at by PostgreSQL's own checker where the server has it."""
    if not await has_extension(place.url, "amcheck"):
        return "this PostgreSQL has no amcheck; every row was read, through the checksums of its pages"
    command: list[str | Path] = [
        place.programs / "pg_amcheck", "--install-missing", "--no-password", f"--jobs={jobs}", _DATABASE,
    ]  # fmt: skip

    def work(stop: Stop) -> None:
        with piped(command, connection_environment(place.url)) as program:
            stop.calls(program.process.kill)
            program.finish()

    await in_thread(work)
    return "amcheck found nothing wrong"


async def _quietly(work: Awaitable[None]) -> tuple[BackupFailed | None, float]:
    began = time.monotonic()
    try:
        await work
    except BackupFailed as error:
        if _NOT_ITS_FAULT.search(str(error)):
            raise
        return error, round(time.monotonic() - began, 3)
    return None, round(time.monotonic() - began, 3)


async def _timed(work: Awaitable[dict[str, Table]]) -> tuple[dict[str, Table], float]:
    began = time.monotonic()
    return await work, round(time.monotonic() - began, 3)


def _counted(tables: dict[str, Table]) -> str:
    return f"{len(tables)} tables with {sum(table.rows for table in tables.values()):,} rows are equal"


def _check(name: str, differences: Iterable[str], otherwise: str, seconds: float) -> Check:
    found = list(differences)
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return Check(name, not found, "; ".join(found[:_SHOWN]) + more if found else otherwise, round(seconds, 3))
