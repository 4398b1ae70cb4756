"""How unusual a number of posts is beside what is usual for the same symbol. It does not know where counts come from.

A robust z: the distance from the median of the preceding periods in units of their spread. The spread is the median
absolute deviation, scaled to agree with a standard deviation, and never below what mere chance gives a count of that
size (the root of the median, at least 1), so that a single post after a month of silence is no sensation.
"""

from collections.abc import Sequence
from math import sqrt

PERIODS = 30
FEWEST_PERIODS = 7

_MAD_TO_DEVIATION = 1.4826


def robust_z(count: int, history: Sequence[int]) -> float:
    """The buzz of `count` posts after the counts in `history` (not empty, any order), rounded to two digits.

    >>> robust_z(30, [4, 5, 6, 5, 5, 4, 6])
    11.18
    >>> robust_z(1, [0] * 30)
    1.0
    """
    usual = _middle(sorted(history))
    spread = _MAD_TO_DEVIATION * _middle(sorted([abs(past - usual) for past in history]))
    return round((count - usual) / max(spread, sqrt(usual), 1.0), 2)


def known_history(history: Sequence[int], *, older: bool) -> Sequence[int]:
    """The periods in which the symbol was watched at all, of `history` with the latest first.

    Silence before the first post ever seen says nothing and is left out; where there are `older` posts, every period
    counts.

    >>> known_history([2, 0, 1, 0, 0], older=False)
    [2, 0, 1]
    """
    if older:
        return history
    first = max((place for place, posts in enumerate(history, start=1) if posts), default=0)
    return history[:first]


def buzz(count: int, history: Sequence[int], *, older: bool) -> tuple[float | None, str | None]:
    """The buzz of a window with `count` posts, or None and the reason why there is none.

    `history` counts the posts of the windows before it, the latest first; `older` says that there are posts before
    those.
    """
    known = known_history(history, older=older)
    if len(known) < FEWEST_PERIODS:
        return None, f"The history is too short: {len(known)} of at least {FEWEST_PERIODS} preceding windows."
    return robust_z(count, known), None


def bursts(
    places: Sequence[int], counts: Sequence[int | None], before: Sequence[int], *, older: bool
) -> list[float | None]:
    """The buzz of each interval of a series beside the PERIODS intervals before it; None where the history is too short
    or the count is None.

    `places` number the intervals, ascending, where one that is left out has no posts; `before` counts the posts of the
    intervals before the first that has a count, the latest first, and `older` says that there are posts before those.

    >>> bursts([7, 8, 10], [5, None, 30], [4, 5, 6, 5, 5, 4, 6], older=False)
    [0.0, None, 11.18]
    """
    known = {place: count for place, count in zip(places, counts, strict=True) if count is not None}
    if not known:
        return [None] * len(places)
    begin = min(known)
    known |= {begin - n: count for n, count in enumerate(before, start=1) if count}
    first = min(known)
    found: list[float | None] = []
    for place, count in zip(places, counts, strict=True):
        if count is None:
            found.append(None)
            continue
        length = PERIODS if older else min(PERIODS, place - first)
        history = [known.get(place - n, 0) for n in range(1, length + 1)]
        found.append(robust_z(count, history) if length >= FEWEST_PERIODS else None)
    return found


def _middle(ascending: Sequence[float]) -> float:
    half = len(ascending) // 2
    return ascending[half] if len(ascending) % 2 else (ascending[half - 1] + ascending[half]) / 2
