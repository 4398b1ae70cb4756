"""The daily backup as a flow: taken, proven by a restore, written down, told. It does not know how that is done."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.support.api_smoke import ask_api
from flows.support.backing_up import back_up
from lib.backup.catalogue import new_backup_id, read_backup, write_verdict
from lib.backup.dump import take_dump
from lib.backup.keys import BackupKeys
from lib.backup.store.objects import Store
from lib.backup.verify import verify_dump
from lib.db.pool import Pool
from lib.db.recovery.backups import backup_begun, backup_failed
from lib.domain.backups import Index, Kind, Verdict
from lib.errors import InsiteChartError
from lib.platform import database_url
from lib.settings import Settings

SUBJECT = "backup"
KIND: Kind = "logical"


@task(task_run_name="take", cache_policy=NO_CACHE, retries=1, retry_delay_seconds=30)
async def take(pool: Pool, settings: Settings, store: Store, keys: BackupKeys, installation: str) -> Index:
    """Takes one. What fails is written down, and leaves nothing else."""
    now = datetime.now(UTC)
    name = new_backup_id(now)
    await backup_begun(pool, name, KIND, store.place, now)
    try:
        return await take_dump(
            database_url(settings), store, keys,
            installation=installation, now=now, programs=settings.pg_bindir, named=name,
        )  # fmt: skip
    except InsiteChartError as error:
        await backup_failed(pool, name, datetime.now(UTC), str(error))
        raise


@task(task_run_name="verify {index.id}", cache_policy=NO_CACHE, retries=1, retry_delay_seconds=30)
async def verify(settings: Settings, store: Store, keys: BackupKeys, index: Index, scratch: Path) -> Verdict:
    """Proves it by a restore, and writes the verdict beside it."""
    backup = await asyncio.to_thread(read_backup, store, index.installation, KIND, index.id)
    verdict = await verify_dump(
        store, keys, backup, folder=scratch, jobs=settings.backup_jobs, smoke=ask_api, programs=settings.pg_bindir
    )
    await asyncio.to_thread(write_verdict, store, index, verdict)
    return verdict


@flow(name="backup", flow_run_name="back the database up")
async def backup() -> dict[str, Any]:
    """Takes a logical backup and proves it. Returns its id, its bytes and how long both took, in seconds.

    Needs the whole keys, not the public half alone: what cannot be opened cannot be proven. Raises Conflict while
    another run is on, BackupFailed where none could be taken or proven, Damaged where it was, and is not good.
    """
    return await back_up(
        KIND,
        SUBJECT,
        take=lambda on: take(on.pool, on.settings, on.store, on.keys, on.installation),
        verify=lambda on, index: verify(on.settings, on.store, on.keys, index, on.scratch),
        summary=summary,
    )


def summary(index: Index, verdict: Verdict) -> str:
    """One sentence on what was taken and found."""
    size = f"{index.plain_bytes / 1e6:,.1f} MB in {index.stored_bytes / 1e6:,.1f}"
    if verdict.ok:
        return f"{index.id} ({size}) was restored in {verdict.seconds:.1f} s, compared, and is good."
    wrong = "; ".join(f"{check.name}: {check.found}" for check in verdict.checks if not check.ok)
    return f"{index.id} ({size}) is not good: {wrong}. It is kept as evidence; the last good one stays what it is."
