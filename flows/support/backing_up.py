"""What flows that take backups do alike: clear away what killed runs left, keep the site, tell Prefect."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event

from lib.backup.catalogue import leftovers, read_backups
from lib.backup.keys import BackupKeys
from lib.backup.layout import backup_key, backups_prefix
from lib.backup.scratch import remove_leftovers
from lib.backup.site import take_site
from lib.backup.store.objects import Store
from lib.db.pool import Pool
from lib.db.recovery.backups import give_up_running, write_backups
from lib.domain.backups import Backup, Kind, Verdict
from lib.errors import InsiteChartError
from lib.settings import Settings

# an upload that nobody has ended for so long is nobody's, even in a store that others share
_ABANDONED = timedelta(hours=6)

_EVENTS: dict[Kind, str] = {"logical": "insitechart.backup", "base": "insitechart.base-backup"}


@task(task_run_name="remove what killed runs left", cache_policy=NO_CACHE, retries=1, retry_delay_seconds=10)
async def tidy(pool: Pool, store: Store, installation: str, kind: Kind, scratch: Path) -> int:
    """Removes scratch servers, uploads and objects that nobody will finish; how many. Only while no other run is on."""
    now = datetime.now(UTC)
    servers = await remove_leftovers(scratch)
    ours = [backup_key(installation, kind, name, "") for name in await give_up_running(pool, kind, now)]
    removed = len(servers) + await asyncio.to_thread(_sweep, store, installation, kind, ours, now)
    if removed:
        get_run_logger().warning("Removed %d things that a killed run had left.", removed)
    return removed


@task(task_run_name="write down", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=10)
async def write_down(pool: Pool, store: Store, installation: str, kind: Kind) -> list[Backup]:
    """Writes the rows of all that the store holds of a kind."""
    found = await asyncio.to_thread(read_backups, store, installation, kind)
    await write_backups(pool, kind, found, store.place, datetime.now(UTC))
    return found


@task(task_run_name="keep what the site needs beside its database", cache_policy=NO_CACHE, retries=1)
async def keep_site(settings: Settings, store: Store, keys: BackupKeys, installation: str) -> str:
    """Keeps settings, secret keys and Prefect's own database, sealed; the id under which it lies there."""
    taken = await asyncio.to_thread(take_site, settings, store, keys, installation, datetime.now(UTC))
    return taken.id


def tell_prefect(kind: Kind, installation: str, ok: bool, payload: dict[str, Any]) -> None:
    """Emits the event on which Prefect's automations wait."""
    event, resource = f"{_EVENTS[kind]}.{'good' if ok else 'bad'}", f"insitechart.backup.{installation}"
    emit_event(event, resource={"prefect.resource.id": resource, "prefect.resource.name": "backup"}, payload=payload)


def words_of(error: InsiteChartError) -> str:
    """What went wrong, and what to do."""
    return f"{error} {error.hint}".strip()


def check_rows(verdict: Verdict) -> list[dict[str, Any]]:
    """The checks as a table for people."""
    return [
        {"check": check.name, "ok": "yes" if check.ok else "NO", "found": check.found, "seconds": check.seconds}
        for check in verdict.checks
    ]


def _sweep(store: Store, installation: str, kind: Kind, ours: list[str], now: datetime) -> int:
    """Removes objects and uploads below the prefixes `ours`, and those of a backup that are too old to be finished."""
    long_ago = now - _ABANDONED
    prefix = backups_prefix(installation, kind)
    loose = {found.key for found in leftovers(store, installation, kind, long_ago)}
    loose |= {found.key for found in leftovers(store, installation, kind, now) if found.key.startswith(tuple(ours))}
    uploads = [
        upload
        for upload in store.unfinished()
        if upload.key.startswith(prefix) and (upload.key.startswith(tuple(ours)) or upload.begun_at < long_ago)
    ]
    for upload in uploads:
        store.abort(upload)
    return len(uploads) + (store.delete(sorted(loose)) if loose else 0)
