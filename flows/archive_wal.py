"""The health of the service that sends the log, looked at every five minutes. It sends nothing itself, and takes a base
backup only by asking for one.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound

from flows.support.artifacts import table_artifact
from flows.support.backup_store import open_store
from flows.support.context import database
from flows.support.telling import tell_of
from lib.backup.catalogue import read_backups
from lib.backup.store.objects import Store
from lib.backup.wal.health import Health, judge
from lib.backup.wal.listing import read_head
from lib.db.installation import installation_id
from lib.db.pool import Pool
from lib.db.recovery.wal import wal_standings
from lib.errors import NotRestorable
from lib.settings import Settings, load_settings

SUBJECT = "archive"


@task(task_run_name="look", cache_policy=NO_CACHE, retries=1, retry_delay_seconds=5)
async def look(pool: Pool, settings: Settings, store: Store, installation: str) -> Health:
    """How it stands, from the row that the service tells and from the store."""
    standing = next((found for found in await wal_standings(pool) if found.slot == settings.wal_slot), None)
    head, bases = None, []
    if standing is not None:
        head = await asyncio.to_thread(read_head, store, installation, standing.system)
        found = await asyncio.to_thread(read_backups, store, installation, "base")
        bases = [backup for backup in found if backup.index.system == standing.system and backup.state != "bad"]
    return judge(
        standing, head, datetime.now(UTC), rpo_s=settings.rpo_database_s, keep_mib=settings.wal_keep_mib,
        has_base=bool(bases),
    )  # fmt: skip


@task(task_run_name="ask for a base backup", cache_policy=NO_CACHE)
async def ask_for_base() -> bool:
    """Asks for one, where somebody serves that flow; it is taken by a run of its own."""
    try:
        await run_deployment("base-backup/full", timeout=0, as_subflow=False)  # type: ignore[misc]
    except ObjectNotFound:
        get_run_logger().warning("A base backup is wanted, and nobody serves that flow: insitechart backup take --base")
        return False
    return True


@flow(name="archive-wal", flow_run_name="look at the archive of the log")
async def archive_wal() -> dict[str, Any]:
    """Looks whether the database is protected now; fails with what is wrong and what to do. Where a base backup is
    missing, asks for one. Returns what was found, by check.
    """
    settings = load_settings()
    async with database("insitechart-archive-health", connections=2) as pool:
        installation = await installation_id(pool)
        store = await open_store(settings)
        health = await look(pool, settings, store, installation)
        if health.base_wanted:
            await ask_for_base()
        rows = [{"check": c.name, "ok": "yes" if c.ok else "NO", "found": c.found} for c in health.checks]
        await table_artifact(key="archive", rows=rows, description=health.words or "The log is in the store.")
        title = "The database is protected" if health.ok else "The database is not protected as it should be"
        await tell_of(pool, settings, SUBJECT, health.ok, title, health.words or "The log is in the store again.")
    if not health.ok:
        raise NotRestorable(f"The archive of the log needs somebody: {health.words}.")
    return {check.name: check.found for check in health.checks}
