"""Keeps the database in order: fresh statistics, room counted. It does not know what the tables mean."""

from typing import NamedTuple

from lib.db.pool import Pool

_ANALYZE = "ANALYZE"

_SIZES = """
SELECT coalesce(parent.relname, c.relname) AS name,
       sum(pg_total_relation_size(c.oid))::bigint AS bytes,
       sum(greatest(c.reltuples, 0))::bigint AS rows
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
LEFT JOIN pg_class parent ON parent.oid = i.inhparent
WHERE n.nspname = 'public' AND c.relkind = 'r'
GROUP BY 1
ORDER BY 2 DESC
"""

_FORGET_CURSORS = """
DELETE FROM cursors WHERE source = 'archive' AND updated_at < clock_timestamp() - $1 * INTERVAL '1 day'
"""


class TableSize(NamedTuple):
    """A table with its indexes: bytes on disk, and rows as the statistics last estimated them."""

    name: str
    bytes: int
    rows: int


async def refresh_statistics(pool: Pool) -> None:
    """Renews what the planner knows of every table."""
    await pool.execute(_ANALYZE)


async def table_sizes(pool: Pool) -> list[TableSize]:
    """Every table of ours, largest first; the partitions of one table are counted together."""
    return [TableSize(row["name"], row["bytes"], row["rows"]) for row in await pool.fetch(_SIZES)]


async def forget_old_import_cursors(pool: Pool, *, days: int) -> int:
    """Drops the resume points of imports that nobody continued for `days` days. Returns how many."""
    return int((await pool.execute(_FORGET_CURSORS, days)).split()[-1])
