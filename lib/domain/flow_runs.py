"""How runs of flows stand, counted by deployment: ended well or not, under way for too long, late. Pure; it does not
know Prefect.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

Ended = Literal["completed", "failed", "crashed", "cancelled"]
State = Literal["waiting", "under way"] | Ended

# what ended before is in the books already, or of no interest to who looks now
RECENT = timedelta(hours=1)
# whoever waits for due runs asks every few seconds
PUNCTUAL = timedelta(minutes=1)

# what none of a flow's runs takes unless something is wrong; half an hour suits what runs every few minutes
_LONGEST = {
    "score-posts": timedelta(minutes=30),
    "watch-alerts": timedelta(minutes=15),
    "watch-flows": timedelta(minutes=15),
    "archive-wal": timedelta(minutes=15),
    "collect-posts": timedelta(minutes=30),
    "collect-bars": timedelta(hours=1),
    "report": timedelta(minutes=30),
    "backup": timedelta(hours=8),
    "base-backup": timedelta(hours=8),
    "drill": timedelta(hours=8),
    "rescore": timedelta(days=3),
    "backfill": timedelta(days=3),
    "import-archive": timedelta(days=3),
}
_LONGEST_OF_OTHERS = timedelta(hours=3)


class Run(NamedTuple):
    """One run. `since` is when it was to begin (waiting), began (under way) or ended, in UTC."""

    flow: str
    deployment: str
    state: State
    since: datetime


class Figures(NamedTuple):
    """How the runs of one deployment stand. What has ended did so within RECENT; `oldest_s` are the seconds for which
    the oldest has been under way, 0 where none is; `last_success_at` None: none of the runs looked at.
    """

    completed: int = 0
    failed: int = 0
    crashed: int = 0
    cancelled: int = 0
    under_way: int = 0
    overlong: int = 0
    late: int = 0
    oldest_s: float = 0.0
    last_success_at: datetime | None = None


def longest(flow: str) -> timedelta:
    """For how long a run of `flow` may be under way before somebody should look at it.

    >>> longest("collect-posts")
    datetime.timedelta(seconds=1800)
    """
    return _LONGEST.get(flow, _LONGEST_OF_OTHERS)


def count_runs(
    runs: Iterable[Run], now: datetime, deployments: Iterable[tuple[str, str]]
) -> Mapping[tuple[str, str], Figures]:
    """The figures at `now`, by flow and deployment: of each of `deployments`, and of whatever else has runs."""
    sorted_out: dict[tuple[str, str], list[Run]] = {key: [] for key in deployments}
    for run in runs:
        sorted_out.setdefault((run.flow, run.deployment), []).append(run)
    return {key: _figures(key[0], found, now) for key, found in sorted_out.items()}


def _figures(flow: str, runs: list[Run], now: datetime) -> Figures:
    ages = [now - run.since for run in runs if run.state == "under way"]
    oldest = max(ages, default=timedelta(0))

    def ended(state: Ended) -> int:
        return sum(run.state == state and run.since > now - RECENT for run in runs)

    return Figures(
        completed=ended("completed"),
        failed=ended("failed"),
        crashed=ended("crashed"),
        cancelled=ended("cancelled"),
        under_way=len(ages),
        overlong=sum(age > longest(flow) for age in ages),
        late=sum(run.state == "waiting" and run.since < now - PUNCTUAL for run in runs),
        oldest_s=max(oldest.total_seconds(), 0.0),
        last_success_at=max((run.since for run in runs if run.state == "completed"), default=None),
    )
