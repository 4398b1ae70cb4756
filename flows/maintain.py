"""The nightly upkeep as a flow. It does not know how upkeep is done (lib/db/maintenance.py does).

Prefect's own history is not its business: the server that `make up` starts removes finished runs and old events by
itself (PREFECT_SERVER_SERVICES_DB_VACUUM_*), and docs/operating.md says how to switch the same on elsewhere.
"""

from datetime import timedelta

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.support.artifacts import table_artifact
from flows.support.context import database
from lib.db.changes.pruning import prune_changes
from lib.db.maintenance import TableSize, forget_old_import_cursors, refresh_statistics, table_sizes
from lib.db.pool import Pool
from lib.settings import load_settings

CURSOR_DAYS = 30


@task(task_run_name="refresh statistics", cache_policy=NO_CACHE, retries=1)
async def refresh(pool: Pool) -> list[TableSize]:
    """Fresh statistics for the planner; returns what every table takes."""
    await refresh_statistics(pool)
    return await table_sizes(pool)


@task(task_run_name="forget import cursors older than {days} days", cache_policy=NO_CACHE, retries=1)
async def forget_cursors(pool: Pool, days: int) -> int:
    """Drops resume points that nobody will resume."""
    return await forget_old_import_cursors(pool, days=days)


@task(task_run_name="forget changes older than {hours} hours", cache_policy=NO_CACHE, retries=1)
async def forget_changes(pool: Pool, hours: int) -> int:
    """Drops what no broken stream will ask for again."""
    return await prune_changes(pool, keep=timedelta(hours=hours))


@flow(name="maintain", flow_run_name="maintain the database")
async def maintain() -> dict[str, int]:
    """Refresh the planner's statistics, forget what is not needed any more, and report how much room every table takes.
    Returns bytes by table.
    """
    hours = load_settings().changes_keep_hours
    async with database("insitechart-maintain") as pool:
        changes = await forget_changes(pool, hours)
        sizes = await refresh(pool)
        forgotten = await forget_cursors(pool, CURSOR_DAYS)
    await table_artifact(
        key="maintain",
        rows=[{"table": size.name, "rows": size.rows, "MB": round(size.bytes / 1e6, 1)} for size in sizes],
        description=f"What every table takes. Import cursors forgotten: {forgotten}; changes: {changes}.",
    )
    return {size.name: size.bytes for size in sizes}
