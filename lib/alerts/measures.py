"""What Prometheus is told of alerts, read from the database. It does not know how often it is asked."""

from datetime import UTC, datetime

from lib.db.alerts.deliveries import STATES
from lib.db.alerts.history import alerts_standing, delivery_counts
from lib.db.pool import Pool
from lib.metrics import measured as metrics
from lib.metrics.measured import Snapshot


async def measure_alerts(pool: Pool) -> Snapshot:
    """How alerts and their deliveries stand. Raises DatabaseUnavailable."""
    taken = Snapshot()
    standing = await alerts_standing(pool)
    taken.add(metrics.ALERTS, standing.active, "active")
    taken.add(metrics.ALERTS, standing.paused, "paused")
    taken.add(metrics.ALERT_FIRINGS, standing.firings)
    counts = await delivery_counts(pool)
    for state in STATES:
        taken.add(metrics.ALERT_DELIVERIES, counts.get(state, 0), state)
    waited = (datetime.now(UTC) - standing.waiting_since).total_seconds() if standing.waiting_since else 0.0
    taken.add(metrics.ALERT_OLDEST_DELIVERY, max(waited, 0.0))
    taken.add(metrics.ALERT_EVALUATION_SECONDS, standing.seconds)
    if standing.evaluated_at is not None:
        taken.add(metrics.ALERT_EVALUATED, standing.evaluated_at.timestamp())
    return taken
