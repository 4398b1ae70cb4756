"""What Prometheus is told of the sources, read from the database. It does not know how often it is asked.

Names are lib/metrics/measured.py. Counts of whole tables stand apart, for they take as long as the tables are large.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from lib.collect.standing import standings
from lib.collect.verdicts import SourceStanding, SpendStanding
from lib.db.cursor_reads import newest_cursors
from lib.db.gap_reads import GapState, gap_counts
from lib.db.pool import Pool
from lib.db.source_reads import came_lately
from lib.db.volumes import count_mentions, freshness, posts_by_source, scores_by_scorer, scoring_queue
from lib.domain.coverage import STATES
from lib.metrics import measured as metrics
from lib.metrics.measured import Snapshot
from lib.settings import Settings
from lib.sources.declared import Declaration

_LATELY = timedelta(hours=1)

_GAP_STATES: tuple[GapState, ...] = ("open", "lost")


async def measure_sources(pool: Pool, settings: Settings, declared: Sequence[Declaration]) -> Snapshot:
    """How each source of `declared` stands. Raises DatabaseUnavailable."""
    taken = Snapshot()
    names = [source.name for source in declared]
    for standing in await standings(pool, settings, declared):
        _add_standing(taken, standing)
    for source, feed, asked, received in await came_lately(pool, names, _LATELY):
        taken.add(metrics.SOURCE_ASKED, asked, source, feed)
        taken.add(metrics.SOURCE_RECEIVED, received, source, feed)
    gaps = await gap_counts(pool)
    for source in sorted({*names, *(source for source, _ in gaps)}):
        for state in _GAP_STATES:
            taken.add(metrics.SOURCE_GAPS, gaps.get((source, state), 0), source, state)
    for source, moved in sorted((await newest_cursors(pool)).items()):
        taken.add(metrics.SOURCE_CURSOR, moved.timestamp(), source)
    for source, ages in sorted((await freshness(pool, _LATELY)).items()):
        taken.add(metrics.SOURCE_FRESHNESS_MEDIAN, ages.median, source)
        taken.add(metrics.SOURCE_FRESHNESS_P95, ages.p95, source)
    return taken


async def count_posts(pool: Pool) -> Snapshot:
    """How many posts, mentions and scores there are, and what waits for a reading. Raises DatabaseUnavailable."""
    taken = Snapshot()
    for source, posts in sorted((await posts_by_source(pool)).items()):
        taken.add(metrics.POSTS_STORED, posts, source)
    for scorer, scores in (await scores_by_scorer(pool)).items():
        taken.add(metrics.SCORES_KEPT, scores, scorer)
    taken.add(metrics.MENTIONS_KEPT, await count_mentions(pool))
    queue = await scoring_queue(pool)
    age = (datetime.now(UTC) - queue.since).total_seconds() if queue.since else 0.0
    taken.add(metrics.SCORE_QUEUE, queue.posts)
    taken.add(metrics.SCORE_QUEUE_AGE, max(age, 0.0))
    return taken


def _add_standing(taken: Snapshot, standing: SourceStanding) -> None:
    name = standing.name
    taken.add(metrics.SOURCE_ENABLED, standing.is_asked, name)
    taken.add(metrics.SOURCE_CIRCUIT_OPEN, bool(standing.circuits), name)
    taken.add(metrics.SOURCE_OVERDUE, standing.overdue.posts, name)
    streams = Counter((account.feed, account.state) for account in standing.accounts)
    for feed in sorted({account.feed for account in standing.accounts}):
        for state in STATES:
            taken.add(metrics.SOURCE_STREAMS, streams[feed, state], name, feed, state)
        answered = [account.answered_at for account in standing.accounts if account.feed == feed]
        newest = max((moment for moment in answered if moment), default=None)
        if newest is not None:
            taken.add(metrics.SOURCE_LAST_SUCCESS, newest.timestamp(), name, feed)
    if standing.spend is not None:
        _add_spend(taken, name, standing.spend)


def _add_spend(taken: Snapshot, name: str, spend: SpendStanding) -> None:
    for period, spent, limit in (
        ("day", spend.today, spend.budget.day),
        ("month", spend.month, spend.budget.month),
    ):
        taken.add(metrics.SOURCE_SPEND, spent, name, period)
        if limit is not None:
            taken.add(metrics.SOURCE_BUDGET, limit, name, period)
    taken.add(metrics.SOURCE_FORECAST, spend.forecast, name)
