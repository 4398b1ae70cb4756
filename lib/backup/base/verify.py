"""Finds out whether a base backup is good: read back, compared file by file, started as a clone, looked at. It writes
nothing to the store; the clone is a folder and a port of its own, and is gone afterwards.
"""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from lib.backup.base.bring import bring, chain_of
from lib.backup.catalogue import read_backups
from lib.backup.keys import BackupKeys
from lib.backup.pitr.recovery import recover
from lib.backup.programs import programs_of
from lib.backup.scratch import own_folder
from lib.backup.store.objects import Store
from lib.backup.wal.positions import format_lsn, parse_lsn
from lib.domain.backups import Backup, Check, Verdict
from lib.errors import Damaged, NotRestorable, PlatformError
from lib.postgres.server import DATABASE, PostgresServer

Smoke = Callable[[str], Awaitable[Check]]

_NO_ROOM = ("no space left", "is full", "quota")


async def verify_base(
    store: Store,
    keys: BackupKeys,
    installation: str,
    backup: Backup,
    *,
    folder: Path,
    smoke: Smoke | None = None,
    programs: Path | None = None,
) -> Verdict:
    """What came of verifying `backup` in a folder of its own below `folder`; `smoke` is given the clone's address.

    Raises StoreError or KeyRefused where nothing can be said about it, NotRestorable where there is no room to try.
    """
    began, checks = time.monotonic(), list[Check]()
    place = own_folder(folder)
    try:
        await _look(store, keys, installation, backup, place, smoke, programs, checks)
    except (Damaged, NotRestorable, PlatformError) as error:
        checks.append(Check(_NEXT[min(len(checks), len(_NEXT) - 1)], ok=False, found=str(error)))
    except OSError as error:
        raise NotRestorable(
            f"{backup.id} cannot be verified in {folder}: {error.strerror or error}.", hint="Free some space there."
        ) from error
    finally:
        await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)
    if any(not check.ok and any(word in check.found.lower() for word in _NO_ROOM) for check in checks):
        raise NotRestorable(f"{backup.id} cannot be verified: {checks[-1].found}", hint=f"Free some space in {folder}.")
    return Verdict(
        at=datetime.now(UTC),
        ok=all(check.ok for check in checks),
        seconds=time.monotonic() - began,
        checks=tuple(checks),
    )


_NEXT = ("files", "recovery", "start", "smoke")


async def _look(
    store: Store,
    keys: BackupKeys,
    installation: str,
    backup: Backup,
    place: Path,
    smoke: Smoke | None,
    programs: Path | None,
    checks: list[Check],
) -> None:
    backups = await asyncio.to_thread(read_backups, store, installation, "base")
    chain = chain_of(backups, backup)
    binaries = programs or programs_of(int(backup.index.versions["postgresql"].split(".")[0]))
    began, count = time.monotonic(), 0

    def counted(size: int) -> None:
        nonlocal count
        count += size

    await asyncio.to_thread(bring, store, keys, chain, place / "data", binaries, on_bytes=counted)
    checks.append(Check("files", ok=True, found=_whole(chain, count), seconds=time.monotonic() - began))
    began = time.monotonic()
    superuser = backup.index.versions.get("superuser", "postgres")
    # the earliest moment at which it is whole: its own log has to lead there, and a target that is missed is an error
    target = {"recovery_target": "immediate", "recovery_target_timeline": str(backup.index.timeline)}
    reached = await recover(place, binaries, target, superuser=superuser, durable=False)
    if reached.place < parse_lsn(backup.index.end_lsn):
        raise Damaged(f"{backup.id} came to {format_lsn(reached.place)} only, and ends at {backup.index.end_lsn}.")
    checks.append(
        Check("recovery", ok=True, found=f"came to {format_lsn(reached.place)}", seconds=time.monotonic() - began)
    )
    began = time.monotonic()
    clone = PostgresServer(place, binaries=binaries, options={"fsync": "off"})
    clone.prepare()
    clone.start()
    try:
        await clone.ready()
        checks.append(Check("start", ok=True, found="a clone of it runs", seconds=time.monotonic() - began))
        if smoke is not None:
            checks.append(await smoke(clone.url(backup.index.versions.get("database", DATABASE))))
    finally:
        await clone.stop()


def _whole(chain: Sequence[Backup], count: int) -> str:
    of = f", {len(chain)} backups combined" if len(chain) > 1 else ""
    return f"every file is what was backed up: {count / 1e6:,.1f} MB read back{of}"
