"""How the runs of each deployment stood when Prefect was last asked. It does not ask, nor judge."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from lib.db.pool import Pool
from lib.db.reading import read_rows
from lib.domain.flow_runs import Figures

_WRITE = """
INSERT INTO flow_runs (flow, deployment, completed, failed, crashed, cancelled, under_way, overlong, late, oldest_s,
                       last_success_at, seen_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (flow, deployment) DO UPDATE
SET completed = excluded.completed, failed = excluded.failed, crashed = excluded.crashed,
    cancelled = excluded.cancelled, under_way = excluded.under_way, overlong = excluded.overlong,
    late = excluded.late, oldest_s = excluded.oldest_s,
    last_success_at = greatest(flow_runs.last_success_at, excluded.last_success_at), seen_at = excluded.seen_at
WHERE flow_runs.seen_at <= excluded.seen_at
"""

_FORGET = "DELETE FROM flow_runs WHERE seen_at < $1"

_READ = """
SELECT flow, deployment, seen_at, completed, failed, crashed, cancelled, under_way, overlong, late, oldest_s,
       last_success_at
FROM flow_runs ORDER BY flow, deployment
"""

_SEEN = "SELECT max(seen_at) FROM flow_runs"


class FlowRow(NamedTuple):
    """A deployment's figures at `seen_at` (UTC)."""

    flow: str
    deployment: str
    seen_at: datetime
    figures: Figures


async def write_figures(pool: Pool, figures: Mapping[tuple[str, str], Figures], at: datetime) -> None:
    """What was found at `at` (UTC), instead of what was found before. Of two looks at once the later one stays."""
    rows = [(flow, deployment, *found, at) for (flow, deployment), found in sorted(figures.items())]
    async with pool.acquire() as conn, conn.transaction():
        await conn.executemany(_WRITE, rows)
        await conn.execute(_FORGET, at)


async def flow_figures(pool: Pool) -> list[FlowRow]:
    """What was found last, in alphabetical order. Raises DatabaseUnavailable."""
    return [FlowRow(row[0], row[1], row[2], Figures(*row[3:])) for row in await read_rows(pool, _READ)]


async def last_look(pool: Pool) -> datetime | None:
    """When Prefect was last asked (UTC), or None."""
    [row] = await read_rows(pool, _SEEN)
    return row[0]  # type: ignore[no-any-return]
