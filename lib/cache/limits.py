"""How often something may be done: buckets of permissions that fill at an even rate (GCRA). It does not know who asks
or for what.

A bucket is one number, the moment at which it would be full again: each permission moves it on by one interval, and
what would move it further than a whole bucket beyond now is refused. So `quota` may be had at once, and never more
than quota + elapsed / window x quota; there is no window whose edge could be used twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple, Protocol

MOST_BUCKETS = 200_000


@dataclass(frozen=True)
class Budget:
    """`quota` permissions per `window_s` seconds, and as many at once."""

    name: str
    quota: int
    window_s: float = 60.0
    interval_s: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "interval_s", self.window_s / self.quota)


class Take(NamedTuple):
    """One permission that is wanted: from the bucket `key`, which holds `budget`."""

    key: str
    budget: Budget


class Verdict(NamedTuple):
    """`allowed` for all that was wanted together, else nothing was taken. The others are of the scarcest bucket:
    permissions left, seconds until it is full again, and seconds until the next try can succeed (0 where allowed).
    """

    allowed: bool
    budget: Budget
    remaining: int
    full_s: float
    retry_s: float


class Limits(Protocol):
    """Where the buckets stand."""

    async def take(self, wanted: Sequence[Take]) -> Verdict:
        """One permission from each bucket of `wanted`, which is not empty, or none from any."""
        ...


class MemoryLimits:
    """The buckets of one process, exact within it. At most MOST_BUCKETS; those that were not used the longest go first,
    and a bucket that is gone is a full one.
    """

    def __init__(self, most: int = MOST_BUCKETS) -> None:
        self._half = max(most // 2, 1)
        # two generations: what is used moves into the young one, and the old one is forgotten as a whole
        self._young: dict[str, float] = {}
        self._old: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    async def take(self, wanted: Sequence[Take]) -> Verdict:
        """As Limits has it; it never waits."""
        return self.take_now(wanted)

    def take_now(self, wanted: Sequence[Take]) -> Verdict:
        """The same, for callers that cannot wait."""
        now = monotonic()
        if len(wanted) == 1:
            # what nearly every request needs, without a list
            key, budget = wanted[0]
            ahead_s = max(self._full_at(key) - now, 0.0) + budget.interval_s
            verdict = _verdict(budget, ahead_s)
            if verdict.allowed:
                self.note(key, now + ahead_s)
            return verdict
        ahead = [max(self._full_at(key) - now, 0.0) + budget.interval_s for key, budget in wanted]
        verdict = verdict_of(wanted, ahead)
        if verdict.allowed:
            for (key, _), ahead_s in zip(wanted, ahead, strict=True):
                self.note(key, now + ahead_s)
        return verdict

    def look(self, wanted: Sequence[Take]) -> Verdict:
        """What `take` would say; it takes nothing."""
        now = monotonic()
        return verdict_of(wanted, [max(self._full_at(key) - now, 0.0) + budget.interval_s for key, budget in wanted])

    def note(self, key: str, full_at: float) -> None:
        """The bucket is full at this moment of the monotonic clock."""
        self._young[key] = full_at
        if len(self._young) > self._half:
            self._old, self._young = self._young, {}

    def _full_at(self, key: str) -> float:
        found = self._young.get(key)
        return found if found is not None else self._old.get(key, 0.0)


def verdict_of(wanted: Sequence[Take], ahead_s: Sequence[float]) -> Verdict:
    """The verdict where each bucket of `wanted` would, with what is wanted taken, be full again in so many seconds."""
    worst = _verdict(wanted[0].budget, ahead_s[0])
    for (_, budget), ahead in zip(wanted[1:], ahead_s[1:], strict=True):
        found = _verdict(budget, ahead)
        if _scarcer(found, worst):
            worst = found
    return worst


def _verdict(budget: Budget, ahead_s: float) -> Verdict:
    # a thousandth of a permission forgives what adding floats loses
    spare = (budget.window_s - ahead_s) / budget.interval_s + 0.001
    if spare < 0:
        return Verdict(False, budget, 0, ahead_s - budget.interval_s, ahead_s - budget.window_s)
    return Verdict(True, budget, int(spare), ahead_s, 0.0)


def _scarcer(one: Verdict, other: Verdict) -> bool:
    if one.allowed != other.allowed:
        return not one.allowed
    return one.remaining < other.remaining if one.allowed else one.retry_s > other.retry_s
