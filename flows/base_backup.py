"""Base backups as a flow: taken, whole or what changed since the last, started as a clone, written down, told. It does
not know how that is done.
"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows.support.api_smoke import ask_api
from flows.support.backing_up import back_up
from lib.backup.base.bring import chain_of
from lib.backup.base.take import can_follow, take_base
from lib.backup.base.verify import verify_base
from lib.backup.catalogue import new_backup_id, read_backup, read_backups, write_verdict
from lib.backup.keys import BackupKeys
from lib.backup.store.objects import Store
from lib.db.pool import Pool
from lib.db.recovery.backups import backup_begun, backup_failed
from lib.db.recovery.replication import read_server
from lib.domain.backups import Backup, Index, Kind, Verdict
from lib.errors import BackupFailed, InsiteChartError
from lib.platform import database_url
from lib.settings import Settings

How = Literal["full", "incremental"]

SUBJECT = "base backup"
KIND: Kind = "base"

# a chain that is longer takes longer to restore than a whole one
_LONGEST_CHAIN = 29


@task(task_run_name="take ({how})", cache_policy=NO_CACHE, retries=1, retry_delay_seconds=30)
async def take(pool: Pool, settings: Settings, store: Store, keys: BackupKeys, installation: str, how: How) -> Index:
    """Takes one. Where the server cannot tell what changed, a whole one. What fails is written down."""
    parent = await _parent(pool, store, installation) if how == "incremental" else None
    try:
        return await _take(pool, settings, store, keys, installation, parent)
    except BackupFailed as error:
        if parent is None:
            raise
        get_run_logger().warning("What changed since %s cannot be told, so all is taken: %s", parent.id, error)
        return await _take(pool, settings, store, keys, installation, None)


@task(task_run_name="verify {index.id}", cache_policy=NO_CACHE, retries=1, retry_delay_seconds=30)
async def verify(settings: Settings, store: Store, keys: BackupKeys, index: Index, scratch: Path) -> Verdict:
    """Starts a clone of it and looks at that; writes the verdict beside it."""
    backup = await asyncio.to_thread(read_backup, store, index.installation, KIND, index.id)
    verdict = await verify_base(
        store, keys, index.installation, backup, folder=scratch, smoke=ask_api, programs=settings.pg_bindir
    )
    await asyncio.to_thread(write_verdict, store, index, verdict)
    return verdict


@flow(name="base-backup", flow_run_name="take a base backup ({how})")
async def base_backup(how: How = "full") -> dict[str, Any]:
    """Takes a base backup, `full` or `incremental`, and proves it. Returns its id, its bytes, and the seconds of both.

    Raises Conflict while another run is on, BackupFailed where none could be taken, Damaged where it was, and is not
    good.
    """
    return await back_up(
        KIND,
        SUBJECT,
        take=lambda on: take(on.pool, on.settings, on.store, on.keys, on.installation, how),
        verify=lambda on, index: verify(on.settings, on.store, on.keys, index, on.scratch),
        summary=summary,
    )


def summary(index: Index, verdict: Verdict) -> str:
    """One sentence on what was taken and found."""
    size = f"{index.plain_bytes / 1e6:,.1f} MB in {index.stored_bytes / 1e6:,.1f}"
    since = f", what changed since {index.parent}" if index.parent else ""
    if verdict.ok:
        return f"{index.id} ({size}{since}) was started as a clone in {verdict.seconds:.1f} s, and is good."
    wrong = "; ".join(f"{check.name}: {check.found}" for check in verdict.checks if not check.ok)
    return f"{index.id} ({size}{since}) is not good: {wrong}. It is kept as evidence."


async def _take(
    pool: Pool, settings: Settings, store: Store, keys: BackupKeys, installation: str, parent: Backup | None
) -> Index:
    now = datetime.now(UTC)
    name = new_backup_id(now)
    await backup_begun(pool, name, KIND, store.place, now)
    try:
        return await take_base(
            database_url(settings), store, keys,
            installation=installation, parent=parent, now=now, backup=name, programs=settings.pg_bindir,
        )  # fmt: skip
    except InsiteChartError as error:
        await backup_failed(pool, name, datetime.now(UTC), str(error))
        raise


async def _parent(pool: Pool, store: Store, installation: str) -> Backup | None:
    """The newest good one that the next may build on; None where a whole one is due."""
    async with pool.acquire() as connection:
        server = await read_server(connection)
    found = await asyncio.to_thread(read_backups, store, installation, "base")
    usable = [backup for backup in found if backup.state == "good" and can_follow(server, backup)]
    if not usable or len(chain_of(found, usable[-1])) > _LONGEST_CHAIN:
        return None
    return usable[-1]
