"""What a disaster cost: commits that were acknowledged before it and are not there after it. Pure."""

from collections.abc import Collection, Sequence
from typing import NamedTuple


class Acknowledged(NamedTuple):
    """A commit that somebody was told is safe: its number, and when they were told (seconds, any one clock)."""

    number: int
    at: float


class Loss(NamedTuple):
    """`rows` were lost, `holes` of them between others that are there. `seconds`: how far back from the last
    acknowledged commit the loss reaches; 0 without any.
    """

    acknowledged: int
    rows: int
    holes: int
    seconds: float

    def __str__(self) -> str:
        if not self.rows:
            return f"none of {self.acknowledged:,} acknowledged commits is lost"
        return f"{self.rows:,} of {self.acknowledged:,} acknowledged commits are lost, the last {self.seconds:.2f} s"


def count_loss(acknowledged: Sequence[Acknowledged], found: Collection[int]) -> Loss:
    """Compares what was acknowledged, in its order, with the numbers that were found.

    What was found without having been acknowledged is no gain: nobody was promised it.

    >>> count_loss([Acknowledged(1, 10.0), Acknowledged(2, 10.5), Acknowledged(3, 11.0)], {1, 2})
    Loss(acknowledged=3, rows=1, holes=0, seconds=0.5)
    """
    there = set(found)
    lost = [place for place, one in enumerate(acknowledged) if one.number not in there]
    if not lost:
        return Loss(len(acknowledged), 0, 0, 0.0)
    last_kept = max((place for place, one in enumerate(acknowledged) if one.number in there), default=-1)
    first = lost[0]
    # from the last commit before the first that was lost; if all are lost, from the first
    since = acknowledged[first - 1 if first else 0].at
    holes = sum(place < last_kept for place in lost)
    return Loss(len(acknowledged), len(lost), holes, max(acknowledged[-1].at - since, 0.0))
