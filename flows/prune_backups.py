"""Removes backups that no rule keeps, and the log before them, as a flow. The rules are lib/domain/retention.py.

A dry run shows the same plan and removes nothing. While no new backup is good nothing is removed at all, and the run
fails: somebody has to see why.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flows.support.artifacts import table_artifact
from flows.support.backup_store import open_store
from flows.support.context import database
from flows.support.telling import tell_of
from lib.backup.catalogue import read_backups
from lib.backup.pruning import KINDS, Pruned, Pruning, plan_pruning, policy_of, prune
from lib.backup.store.objects import Store
from lib.db.installation import installation_id
from lib.db.pool import Pool
from lib.db.recovery.backups import write_backups
from lib.domain.retention import Policy
from lib.errors import BackupFailed, InsiteChartError
from lib.settings import Settings, load_settings

_SUBJECT = "prune backups"


def _run_name() -> str:
    return "prune backups (dry run)" if flow_run.parameters.get("dry_run") else "prune backups"


@task(task_run_name="plan", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=30)
async def plan(store: Store, installation: str, policy: Policy) -> Pruning:
    """What would be kept and removed now, and why."""
    return await asyncio.to_thread(plan_pruning, store, installation, datetime.now(UTC), policy)


@task(task_run_name="remove what is not needed", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=30)
async def remove(store: Store, agreed: Pruning, policy: Policy) -> Pruned:
    """Removes it, after looking through the store once more. A further try goes on where the one before broke off."""
    return await asyncio.to_thread(prune, store, agreed, datetime.now(UTC), policy)


@task(task_run_name="write down what is left", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=5)
async def write_down(pool: Pool, store: Store, installation: str) -> None:
    """Brings the rows to what the store holds."""
    for kind in KINDS:
        found = await asyncio.to_thread(read_backups, store, installation, kind)
        await write_backups(pool, kind, found, store.place, datetime.now(UTC))


@flow(name="prune-backups", flow_run_name=_run_name)
async def prune_backups(dry_run: bool = False) -> dict[str, int]:
    """Removes what no rule keeps, or shows it (dry_run). Returns how many backups are kept and go, and the objects and
    bytes that went, or would.

    Raises BackupFailed where no new backup is good, StoreError, Damaged, or what open_store raises.
    """
    settings = load_settings()
    async with database("insitechart-prune-backups", connections=2) as pool:
        try:
            totals = await _prune(pool, settings, dry_run=dry_run)
        except InsiteChartError as error:
            if not dry_run:
                await tell_of(pool, settings, _SUBJECT, False, "Old backups are not removed", f"{error} {error.hint}")
            raise
        if not dry_run:
            await tell_of(pool, settings, _SUBJECT, True, "Old backups are removed again", _sentence(totals))
    return totals


async def _prune(pool: Pool, settings: Settings, *, dry_run: bool) -> dict[str, int]:
    store, policy = await open_store(settings), policy_of(settings)
    installation = await installation_id(pool)
    found = await plan(store, installation, policy)
    totals = {
        "kept": len(found.plan.keep),
        "gone": len(found.plan.drop),
        "objects": found.objects,
        "bytes": found.bytes,
        "stayed": 0,
    }
    await table_artifact("prune-backups", plan_rows(found), found.refused or _sentence(totals, would=True))
    if dry_run:
        get_run_logger().info(found.refused or _sentence(totals, would=True))
        return totals
    if found.refused:
        raise BackupFailed(found.refused, hint="See the runs of backup and base-backup: `insitechart backup list`.")
    done = await remove(store, found, policy)
    for words in done.stayed:
        get_run_logger().warning(words)
    await write_down(pool, store, installation)
    totals |= {"objects": done.objects, "bytes": done.bytes, "stayed": len(done.stayed)}
    get_run_logger().info(_sentence(totals))
    await table_artifact(
        "prune-backups-done",
        [{"what stays in the store": words} for words in done.stayed] or [{"what stays in the store": "nothing else"}],
        _sentence(totals),
    )
    return totals


def plan_rows(found: Pruning) -> list[dict[str, Any]]:
    """Every backup with what becomes of it and why, and what else goes."""
    kept = [
        {
            "what": f"{backup.index.kind} backup {backup.id}",
            "becomes": "kept",
            "why": ", ".join(why),
            "MB": _mb(backup.index.stored_bytes),
        }
        for backup in found.backups
        if (why := found.plan.keep.get(backup.id))
    ]
    going = [
        {"what": removal.what, "becomes": "removed", "why": removal.why, "MB": _mb(removal.bytes)}
        for removal in found.removals
    ]
    return _or_nothing([*going, *kept])


def _or_nothing(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(rows) or [{"what": "nothing", "becomes": "", "why": "the store has no backups", "MB": 0.0}]


def _mb(size: int) -> float:
    return round(size / 1e6, 1)


def _sentence(totals: dict[str, int], *, would: bool = False) -> str:
    words = (
        f"{totals['gone']} backups {'would go' if would else 'went'}, {totals['kept']} are kept; {totals['objects']:,} "
        f"objects of {totals['bytes'] / 1e6:,.1f} MB {'would be' if would else 'were'} removed."
    )
    return f"{words} {totals['stayed']} things were not let go." if totals["stayed"] else words
