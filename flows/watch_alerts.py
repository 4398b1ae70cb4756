"""Looks at every alert, and delivers what fired, as a flow. It does not know when one fires or how it is delivered.

A receiver that cannot be reached is no failure of the run: its delivery waits for the next ones. Runs may go on side by
side; each firing is written once, and each delivery held by one of them.
"""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows.support.artifacts import table_artifact
from flows.support.context import database
from lib.alerts.evaluate import Evaluated, evaluate
from lib.alerts.service import open_alerts
from lib.db.alerts.deliveries import forget_before
from lib.db.pool import Pool
from lib.keyring.ring import load_keyring
from lib.settings import Settings, load_settings

# the next run begins a minute after this one
_DELIVERING = timedelta(seconds=45)


@task(task_run_name="look at every alert", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=2)
async def look(pool: Pool, settings: Settings) -> Evaluated:
    """One look at every alert that is not paused. A further try finds what the one before has written."""
    return await evaluate(pool, settings.scorer)


@task(task_run_name="deliver what is due", cache_policy=NO_CACHE, retries=1, retry_delay_seconds=2)
async def deliver(pool: Pool, settings: Settings, until: datetime) -> dict[str, int]:
    """Tries what is due until `until` (UTC); how many ended in which way."""
    alerts = open_alerts(pool, settings, load_keyring(settings))
    return dict(await alerts.courier.deliver_due(until))


@flow(name="watch-alerts", flow_run_name="watch alerts")
async def watch_alerts() -> dict[str, int]:
    """Looks at every alert once, then delivers what is due, for less than a minute.

    Returns how many alerts there were and fired, and how many deliveries were made, will be tried later, failed for
    good or were dropped. Raises ConfigurationError for settings of webhooks or secret keys that cannot be used,
    PlatformError or DatabaseUnavailable without a database.
    """
    settings = load_settings()
    begun = time.monotonic()
    until = datetime.now(UTC) + _DELIVERING
    async with database("insitechart-watch-alerts") as pool:
        found = await look(pool, settings)
        outcomes = Counter(await deliver(pool, settings, until))
        async with pool.acquire() as conn:
            await forget_before(conn, datetime.now(UTC) - timedelta(days=settings.alert_history_days))
    totals = {
        "alerts": found.alerts,
        "fired": found.fired,
        "delivered": outcomes["delivered"],
        "later": outcomes["later"],
        "failed": outcomes["failed"],
        "dropped": outcomes["dropped"],
    }
    sentence = _summary(totals, found)
    get_run_logger().info(sentence)
    await table_artifact("watch-alerts", [_row(totals, found, time.monotonic() - begun)], sentence)
    return totals


def _summary(totals: dict[str, int], found: Evaluated) -> str:
    return (
        f"{totals['alerts']:,} alerts looked at in {found.seconds:.2f} s: {totals['fired']:,} fired; "
        f"{totals['delivered']:,} deliveries made, {totals['later']:,} to be tried again, "
        f"{totals['failed'] + totals['dropped']:,} given up."
    )


def _row(totals: dict[str, int], found: Evaluated, seconds: float) -> dict[str, Any]:
    return {**totals, "seconds to look": round(found.seconds, 3), "seconds": round(seconds, 2)}
