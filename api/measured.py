"""The metrics of sources, flows, alerts and backups for a scrape: read at most every FRESH_S, whoever asks however
often. It does not know them.

A database that is away, or slow, never holds up a scrape for long, nor breaks it: then they are left out.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic

from lib.alerts.measures import measure_alerts
from lib.collect.measures import count_posts, measure_sources
from lib.db.pool import Pool
from lib.errors import InsiteChartError
from lib.flow_runs import measure_flows
from lib.logs import get_logger
from lib.metrics.measured import SOURCE_METRICS_UP, Snapshot
from lib.recovery.measures import measure_recovery
from lib.settings import Settings
from lib.sources.registry import declarations

log = get_logger(__name__)

FRESH_S = 15.0
PATIENCE_S = 3.0

# of the time, what is read may take no more than this share: counting a large table is done the less often
_SHARE = 0.01


class _Reading:
    """One reading, repeated. `may_lag` says that the answer before will do while the next one takes its time."""

    def __init__(self, read: Callable[[], Awaitable[Snapshot]], *, may_lag: bool) -> None:
        self._read = read
        self._may_lag = may_lag
        self._due = 0.0
        self._newest: Snapshot | None = None
        self._has_failed = False
        self._task: asyncio.Task[None] | None = None

    async def newest(self) -> Snapshot | None:
        """What was read last, after reading anew where that is due; None where it cannot be read."""
        if self._task is None and monotonic() >= self._due:
            self._task = asyncio.create_task(self._once())
        task = self._task
        if task is not None:
            _, unfinished = await asyncio.wait({task}, timeout=PATIENCE_S)
            if unfinished:
                return self._newest if self._may_lag else None
            if self._task is task:
                self._task = None
        return self._newest

    async def close(self) -> None:
        """Ends a reading under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _once(self) -> None:
        begun = monotonic()
        try:
            self._newest, self._has_failed = await self._read(), False
        except Exception as error:
            self._newest = None
            # the first of a row is enough, and of a database that is away everything is said in one line
            if not self._has_failed and isinstance(error, InsiteChartError):
                log.warning("metrics of sources cannot be read", error=str(error))
            elif not self._has_failed:
                log.exception("metrics of sources cannot be read")
            self._has_failed = True
        self._due = monotonic() + max(FRESH_S, (monotonic() - begun) / _SHARE)


class SourceMetrics:
    """One per process; made by `source_metrics`."""

    def __init__(self, pool: Pool, settings: Settings) -> None:
        # the first of them tells whether the database can be read
        self._readings = (
            _Reading(lambda: measure_sources(pool, settings, declarations()), may_lag=False),
            _Reading(lambda: count_posts(pool), may_lag=True),
            _Reading(lambda: measure_alerts(pool), may_lag=True),
            _Reading(lambda: measure_flows(pool), may_lag=True),
            _Reading(lambda: measure_recovery(pool, settings), may_lag=True),
        )

    async def snapshots(self) -> list[Snapshot]:
        """What is known now. Never raises."""
        sources, *others = await asyncio.gather(*(reading.newest() for reading in self._readings))
        up = Snapshot()
        up.add(SOURCE_METRICS_UP, sources is not None)
        return [up, *filter(None, (sources, *others))]

    async def close(self) -> None:
        """Ends what is being read."""
        for reading in self._readings:
            await reading.close()


@asynccontextmanager
async def source_metrics(pool: Pool, settings: Settings) -> AsyncIterator[SourceMetrics]:
    """The metrics of sources in the database of `pool`, until left."""
    opened = SourceMetrics(pool, settings)
    try:
        yield opened
    finally:
        await opened.close()
