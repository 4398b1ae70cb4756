"""Which windows of time are missing, and how they are asked for again. It does not know sources, exchanges or tables.

Windows are half-open, [start, end), in UTC. No result ever holds the same second twice.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import msgspec

from lib.domain.coverage import uncovered

Window: TypeAlias = tuple[datetime, datetime]

EVER: Window = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))

_FIRST_PAUSE = timedelta(minutes=5)
_LONGEST_PAUSE = timedelta(hours=6)
_DOUBLINGS = 7


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """Windows in which something was expected and nothing is stored.

    `unheard`: no answer speaks of them. `once`: one answer does, and brought nothing; it may be wrong. `none`: whole
    spans of which two answers or more say that there is nothing, those that follow each other together.
    """

    unheard: tuple[Window, ...] = ()
    once: tuple[Window, ...] = ()
    none: tuple[tuple[Window, ...], ...] = ()

    @property
    def to_ask(self) -> list[Window]:
        """What is worth asking for: everything but what the provider has said twice that it does not have."""
        return joined((*self.unheard, *self.once))

    def within(self, start: datetime, end: datetime) -> "Missing":
        """The same for [start, end) alone; a span with nothing in it stays whole."""
        only = [(start, end)]
        return Missing(
            unheard=tuple(common(self.unheard, only)),
            once=tuple(common(self.once, only)),
            none=tuple(run for spans in self.none if (run := tuple(s for s in spans if common([s], only)))),
        )

    def nothing_but(self, taken: Sequence[Window]) -> list[Window]:
        """One window for each run of spans with nothing in them, from its first to its last; what lies in `taken` is
        left out.
        """
        return [
            part
            for run in self.none
            for part in without([(run[0][0], run[-1][1])], taken)
            if common([part], without(run, taken))
        ]


def joined(windows: Iterable[Window], within: timedelta = timedelta(0)) -> list[Window]:
    """`windows` (any order, overlapping or not) as few: those that touch, or lie `within` of each other, become one."""
    whole: list[Window] = []
    for start, end in sorted(window for window in windows if window[0] < window[1]):
        if whole and start - whole[-1][1] <= within:
            whole[-1] = (whole[-1][0], max(whole[-1][1], end))
        else:
            whole.append((start, end))
    return whole


def without(windows: Iterable[Window], taken: Iterable[Window]) -> list[Window]:
    """The parts of `windows` that no window of `taken` covers."""
    covering = joined(taken)
    return [part for start, end in joined(windows) for part in uncovered(start, end, _near(covering, start, end))]


def common(windows: Iterable[Window], others: Iterable[Window]) -> list[Window]:
    """The parts that lie both in `windows` and in `others`."""
    second = joined(others)
    return [
        (max(start, since), min(end, until))
        for start, end in joined(windows)
        for since, until in _near(second, start, end)
    ]


def overlaps(windows: Iterable[Window]) -> list[Window]:
    """The parts that at least two of `windows` cover."""
    parts: list[Window] = []
    reached: datetime | None = None
    for start, end in sorted(window for window in windows if window[0] < window[1]):
        if reached is not None and start < reached:
            parts.append((start, min(end, reached)))
        reached = end if reached is None else max(reached, end)
    return joined(parts)


def independent(answers: Iterable[tuple[Window, datetime]], apart: timedelta) -> list[Window]:
    """The windows of `answers`, each with the moment at which it was given; those given within `apart` of each other
    count as one, for what the provider lacks at one moment it may have at another.
    """
    windows: list[Window] = []
    together: list[Window] = []
    first: datetime | None = None
    for window, given_at in sorted(answers, key=lambda answer: answer[1]):
        if first is None or given_at - first >= apart:
            windows += joined(together)
            together, first = [], given_at
        together.append(window)
    return windows + joined(together)


def missing_bars(
    spans: Sequence[Window],
    starts: Sequence[datetime],
    length: timedelta,
    answers: Sequence[Window],
    *,
    tolerated: timedelta,
) -> Missing:
    """What of `spans` (in order, apart) has no bar. A bar at one of `starts` (in order) stands for `length` from there.

    `answers` are the windows of independent answers, each as far as its answer was final. A silence shorter
    than `tolerated` within a span that was answered is the market's: nobody traded.
    """
    once, twice = joined(answers), overlaps(answers)
    unheard: list[Window] = []
    doubtful: list[Window] = []
    none: list[list[Window]] = [[]]
    for start, end in spans:
        inside = starts[bisect_right(starts, start - length) : bisect_left(starts, end)]
        for hole in uncovered(start, end, [(bar, bar + length) for bar in inside]):
            whole = hole == (start, end)
            unheard += without([hole], once)
            if whole or hole[1] - hole[0] >= tolerated:
                doubtful += without(common([hole], once), twice)
            if whole and not without([hole], twice):
                none[-1].append(hole)
        if none[-1] and none[-1][-1] != (start, end):
            none.append([])
    return Missing(
        unheard=tuple(joined(unheard)), once=tuple(joined(doubtful)), none=tuple(tuple(run) for run in none if run)
    )


def to_queue(
    windows: Sequence[Window], taken: Sequence[Window], *, within: timedelta, longest: timedelta
) -> list[Window]:
    """`windows` as they are asked for: those `within` of each other as one, for a question costs the same; none longer
    than `longest`. What `taken` covers is left out, for it is asked for already, or known to be lost.
    """
    wanted = without(windows, taken)
    pieces = [part for part in without(joined(wanted, within), taken) if common([part], wanted)]
    return [shard for start, end in pieces for shard in _shards(start, end, longest)]


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many tries that failed (1 or more): five minutes at first, six hours at last.

    >>> [pause_after(tries) / timedelta(minutes=1) for tries in (1, 2, 3, 7, 100)]
    [5.0, 10.0, 20.0, 320.0, 360.0]
    """
    return min(_FIRST_PAUSE * (1 << min(tries - 1, _DOUBLINGS)), _LONGEST_PAUSE)


def _near(windows: list[Window], start: datetime, end: datetime) -> list[Window]:
    """Those of `windows` (in order, apart) that share time with [start, end)."""
    first = bisect_right(windows, start, key=lambda window: window[1])
    last = bisect_left(windows, end, key=lambda window: window[0])
    return windows[first:last]


def _shards(start: datetime, end: datetime, longest: timedelta) -> Iterator[Window]:
    # not in equal parts: windows of whole days stay windows of whole days
    while start < end:
        stop = min(start + longest, end)
        yield start, stop
        start = stop
