"""What Prometheus is told of the runs of flows, read from the database. It does not know Prefect, nor how often it is
asked.
"""

from lib.db.flow_runs import flow_figures
from lib.db.pool import Pool
from lib.metrics import measured as metrics
from lib.metrics.measured import Snapshot


async def measure_flows(pool: Pool) -> Snapshot:
    """How the runs of each deployment stood at the last look. Raises DatabaseUnavailable."""
    taken = Snapshot()
    rows = await flow_figures(pool)
    for flow, deployment, _, found in rows:
        for state, runs in (
            ("completed", found.completed),
            ("failed", found.failed),
            ("crashed", found.crashed),
            ("cancelled", found.cancelled),
        ):
            taken.add(metrics.FLOW_RUNS_ENDED, runs, flow, deployment, state)
        taken.add(metrics.FLOW_RUNS_UNDER_WAY, found.under_way, flow, deployment)
        taken.add(metrics.FLOW_RUNS_OVERLONG, found.overlong, flow, deployment)
        taken.add(metrics.FLOW_RUNS_LATE, found.late, flow, deployment)
        taken.add(metrics.FLOW_RUN_OLDEST, found.oldest_s, flow, deployment)
        if found.last_success_at is not None:
            taken.add(metrics.FLOW_SUCCESS, found.last_success_at.timestamp(), flow, deployment)
    if rows:
        taken.add(metrics.FLOWS_SEEN, max(row.seen_at for row in rows).timestamp())
    return taken
