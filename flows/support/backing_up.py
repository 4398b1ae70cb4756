"""What flows that take backups do alike: one at a time, proven, written down, told. How one is taken, they know."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event

from flows.support.artifacts import table_artifact
from flows.support.backup_store import open_store
from flows.support.context import database
from flows.support.telling import tell_of
from lib.backup.catalogue import leftovers, read_backups
from lib.backup.keys import BackupKeys, load_backup_keys
from lib.backup.layout import backup_key, backups_prefix
from lib.backup.scratch import remove_leftovers
from lib.backup.site import take_site
from lib.backup.store.objects import Store
from lib.db.installation import installation_id
from lib.db.pool import Pool
from lib.db.recovery.backups import give_up_running, write_backups
from lib.db.recovery.snapshots import alone
from lib.domain.backups import Backup, Index, Kind, Verdict
from lib.errors import Conflict, Damaged, InsiteChartError
from lib.platform import database_url
from lib.settings import Settings, load_settings

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


class Work(NamedTuple):
    """What a backup is taken with: `scratch` is the folder in which it is tried."""

    pool: Pool
    settings: Settings
    store: Store
    keys: BackupKeys
    installation: str
    scratch: Path


async def back_up(
    kind: Kind,
    subject: str,
    *,
    take: Callable[[Work], Awaitable[Index]],
    verify: Callable[[Work, Index], Awaitable[Verdict]],
    summary: Callable[[Index, Verdict], str],
) -> dict[str, Any]:
    """Takes a backup, proves it, and tells of it as `subject`. Returns its id, its bytes, and the seconds of both.

    Raises Conflict while another run is on, BackupFailed where none could be taken or proven, Damaged where it was, and
    is not good.
    """
    settings, key = load_settings(), subject.replace(" ", "-")
    async with database(f"insitechart-{key}") as pool, alone(database_url(settings), kind) as is_alone:
        if not is_alone:
            raise Conflict(f"Another {subject} of this database is under way.", hint="Wait until it has ended.")
        installation = await installation_id(pool)
        try:
            keys, store = await asyncio.to_thread(load_backup_keys, settings), await open_store(settings)
            work = Work(pool, settings, store, keys, installation, settings.home.absolute() / "scratch")
            index, verdict = await _taken_and_verified(kind, work, take, verify)
        except InsiteChartError as error:
            _tell_prefect(kind, installation, False, {"why": str(error)})
            words = f"{error} {error.hint}".strip()
            await tell_of(pool, settings, subject, False, f"The {subject} of the database failed", words)
            raise
        sentence = summary(index, verdict)
        get_run_logger().info(sentence)
        await table_artifact(key=key, rows=_rows(verdict), description=sentence)
        _tell_prefect(kind, installation, verdict.ok, {"backup": index.id})
        title = f"The {subject} of the database is {'good' if verdict.ok else 'not good'}"
        await tell_of(pool, settings, subject, verdict.ok, title, sentence)
        await _keep_site_too(work)
    if not verdict.ok:
        raise Damaged(sentence)
    taking = (index.finished_at - index.begun_at).total_seconds()
    return {"id": index.id, "bytes": index.stored_bytes, "took_s": taking, "verified_s": verdict.seconds}


async def _taken_and_verified(
    kind: Kind,
    work: Work,
    take: Callable[[Work], Awaitable[Index]],
    verify: Callable[[Work, Index], Awaitable[Verdict]],
) -> tuple[Index, Verdict]:
    await tidy(work.pool, work.store, work.installation, kind, work.scratch)
    index = await take(work)
    try:
        verdict = await verify(work, index)
    finally:
        # one that could not be looked at is in the store all the same, and not good
        await write_down(work.pool, work.store, work.installation, kind)
    return index, verdict


async def _keep_site_too(work: Work) -> None:
    """What cannot be kept beside it is told for itself: the backup of the database is what it is."""
    try:
        kept = await keep_site(work.settings, work.store, work.keys, work.installation)
    except InsiteChartError as error:
        title, words = "What the site needs beside its database could not be kept", f"{error} {error.hint}".strip()
        await tell_of(work.pool, work.settings, "site", False, title, words)
        raise
    title = "What the site needs beside its database is kept"
    await tell_of(work.pool, work.settings, "site", True, title, f"It is in the store as {kept}.")


def _tell_prefect(kind: Kind, installation: str, ok: bool, payload: dict[str, Any]) -> None:
    """Emits the event on which Prefect's automations wait."""
    event, resource = f"{_EVENTS[kind]}.{'good' if ok else 'bad'}", f"insitechart.backup.{installation}"
    emit_event(event, resource={"prefect.resource.id": resource, "prefect.resource.name": "backup"}, payload=payload)


def _rows(verdict: Verdict) -> list[dict[str, Any]]:
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
