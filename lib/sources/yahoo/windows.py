"""How far back and how much at once Yahoo answers. It does not know what is stored already."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from lib.domain.bars import Interval, trading_day

# Yahoo refuses minutes older than 30 days and hours older than 730; a day is left for the clock that runs while we ask
_REACH: dict[Interval, timedelta] = {"1h": timedelta(days=729), "1m": timedelta(days=29)}

# and more than eight days of minutes in one answer
_AT_ONCE: dict[Interval, timedelta] = {"1m": timedelta(days=7)}


def moment(of: date | datetime) -> datetime:
    """A date as 00:00 UTC, a datetime in UTC. Raises ValueError for a datetime without time zone."""
    if not isinstance(of, datetime):
        return trading_day(of)
    if of.tzinfo is None:
        raise ValueError(f"{of.isoformat()} has no time zone")
    return of.astimezone(UTC)


def bars_reach(interval: Interval) -> timedelta | None:
    """How far back Yahoo has bars of this interval, less a day; None: as far as there are any."""
    return _REACH.get(interval)


def reachable(interval: Interval, start: datetime, *, now: datetime) -> datetime:
    """`start`, or the earliest moment from which Yahoo still has bars of this interval if that is later."""
    reach = _REACH.get(interval)
    return start if reach is None else max(start, now - reach)


def pieces(interval: Interval, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """[start, end) in consecutive windows that each fit one question."""
    step = _AT_ONCE.get(interval)
    while start < end:
        stop = end if step is None else min(end, start + step)
        yield start, stop
        start = stop
