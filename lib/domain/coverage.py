"""What a source was asked for and what came. It does not know the sources themselves."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

State = Literal["ok", "empty", "rate_limited", "denied", "over_budget", "unavailable"]
STATES: tuple[State, ...] = ("ok", "empty", "rate_limited", "denied", "over_budget", "unavailable")


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """One question to one source: which stream, which window [start, end) in UTC, and the answer's state and size."""

    source: str
    stream: str
    window_start: datetime
    window_end: datetime
    state: State
    reason: str = ""
    asked: int = 0
    received: int = 0


def uncovered(
    start: datetime, end: datetime, windows: Iterable[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """The parts of [start, end) that no window of `windows` (half-open, any order) covers, in order of time.

    >>> noon = datetime(2026, 3, 2, 12)
    >>> at = noon.replace
    >>> [(a.hour, b.hour) for a, b in uncovered(noon, at(hour=18), [(at(hour=13), at(hour=14))])]
    [(12, 13), (14, 18)]
    """
    parts = []
    reached = start
    for since, until in sorted(windows):
        if until <= reached or since >= end:
            continue
        if since > reached:
            parts.append((reached, since))
        reached = max(reached, until)
    if reached < end:
        parts.append((reached, end))
    return parts
