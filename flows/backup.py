"""The daily backup as a flow: taken, proven by a restore, written down, told. It does not know how that is done."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows.support.api_smoke import ask_api
from flows.support.artifacts import table_artifact
from flows.support.backing_up import check_rows, keep_site, tell_prefect, tidy, words_of, write_down
from flows.support.backup_store import open_store
from flows.support.context import database
from flows.support.telling import tell_of
from lib.backup.catalogue import new_backup_id, read_backup, write_verdict
from lib.backup.dump import take_dump
from lib.backup.keys import BackupKeys, load_backup_keys
from lib.backup.store.objects import Store
from lib.backup.verify import verify_dump
from lib.db.installation import installation_id
from lib.db.pool import Pool
from lib.db.recovery.backups import backup_begun, backup_failed
from lib.db.recovery.snapshots import alone
from lib.domain.backups import Index, Kind, Verdict
from lib.errors import Conflict, Damaged, InsiteChartError
from lib.platform import database_url
from lib.settings import Settings, load_settings

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
    settings = load_settings()
    async with database("insitechart-backup") as pool, alone(database_url(settings), KIND) as is_alone:
        if not is_alone:
            raise Conflict("Another backup of this database is under way.", hint="Wait until it has ended.")
        installation = await installation_id(pool)
        try:
            index, verdict = await _taken_and_verified(pool, settings, installation)
        except InsiteChartError as error:
            tell_prefect(KIND, installation, False, {"why": str(error)})
            await tell_of(pool, settings, SUBJECT, False, "The backup of the database failed", words_of(error))
            raise
        sentence = summary(index, verdict)
        get_run_logger().info(sentence)
        await table_artifact(key=SUBJECT, rows=check_rows(verdict), description=sentence)
        tell_prefect(KIND, installation, verdict.ok, {"backup": index.id})
        title = f"The backup of the database is {'good' if verdict.ok else 'not good'}"
        await tell_of(pool, settings, SUBJECT, verdict.ok, title, sentence)
    if not verdict.ok:
        raise Damaged(sentence)
    taking = (index.finished_at - index.begun_at).total_seconds()
    return {"id": index.id, "bytes": index.stored_bytes, "took_s": taking, "verified_s": verdict.seconds}


def summary(index: Index, verdict: Verdict) -> str:
    """One sentence on what was taken and found."""
    size = f"{index.plain_bytes / 1e6:,.1f} MB in {index.stored_bytes / 1e6:,.1f}"
    if verdict.ok:
        return f"{index.id} ({size}) was restored in {verdict.seconds:.1f} s, compared, and is good."
    wrong = "; ".join(f"{check.name}: {check.found}" for check in verdict.checks if not check.ok)
    return f"{index.id} ({size}) is not good: {wrong}. It is kept as evidence; the last good one stays what it is."


async def _taken_and_verified(pool: Pool, settings: Settings, installation: str) -> tuple[Index, Verdict]:
    keys = await asyncio.to_thread(load_backup_keys, settings)
    store = await open_store(settings)
    scratch = settings.home.absolute() / "scratch"
    await tidy(pool, store, installation, KIND, scratch)
    index = await take(pool, settings, store, keys, installation)
    try:
        verdict = await verify(settings, store, keys, index, scratch)
    finally:
        # one that could not be looked at is in the store all the same, and not good
        await write_down(pool, store, installation, KIND)
    await keep_site(settings, store, keys, installation)
    return index, verdict
