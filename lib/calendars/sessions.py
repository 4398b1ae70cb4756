"""The sessions that a listing had, with their hours. It does not know which bars there are.

Loading exchange_calendars and building a calendar takes seconds, so both happen when the first one is asked for.
"""

import threading
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import NamedTuple

from lib.calendars.exchanges import ALWAYS, WEEKDAYS, calendar_code
from lib.domain.bars import trading_day
from lib.domain.gaps import Window
from lib.domain.symbols import Listing

_DAY = timedelta(days=1)
_FRIDAY = 4

_building = threading.Lock()


class Session(NamedTuple):
    """One day of trading: its date at the exchange, and the hours of it (UTC), two where there is a break at noon."""

    day: date
    hours: tuple[Window, ...]

    @property
    def closes(self) -> datetime:
        """The end of its last hour."""
        return self.hours[-1][1]


def sessions_of(listing: Listing, first: date, last: date) -> list[Session]:
    """The sessions of `listing` from `first` to `last`, both included, in order; none before the day on which it was
    listed, nor from the day on which it was delisted.

    On days that its calendar does not know (few reach back before 1990, or further than a year ahead) every weekday
    counts. Loads and builds what is needed, which blocks for seconds once: call it in a thread.
    """
    first = max(first, listing.listed_on or first)
    if listing.delisted_on is not None:
        last = min(last, listing.delisted_on - _DAY)
    if first > last:
        return []
    code = calendar_code(listing)
    if code is None or code in (ALWAYS, WEEKDAYS):
        return _around_the_clock(first, last, every_day=code == ALWAYS)
    with _building:
        known = _calendar(code, first.year // 10 * 10)
    return [
        *_around_the_clock(first, min(last, known[0].day - _DAY), every_day=False),
        *known[bisect_left(known, first, key=_day) : bisect_right(known, last, key=_day)],
        *_around_the_clock(max(first, known[-1].day + _DAY), last, every_day=False),
    ]


def calendar_note(listing: Listing) -> str:
    """What people must know about the sessions of `listing`, as a sentence; empty where its calendar is known."""
    if calendar_code(listing) is not None:
        return ""
    where = f"of {listing.exchange} " if listing.exchange else ""
    return f"No calendar {where}is known for {listing.symbol}: every weekday counts as a session."


def _around_the_clock(first: date, last: date, *, every_day: bool) -> list[Session]:
    days = (first + _DAY * number for number in range((last - first).days + 1))
    return [
        Session(day, ((trading_day(day), trading_day(day) + _DAY),))
        for day in days
        if every_day or day.weekday() <= _FRIDAY
    ]


def _day(session: Session) -> date:
    return session.day


@cache
def _calendar(code: str, since: int) -> list[Session]:
    import exchange_calendars

    # from before the year on, so that its first days are known even where they are holidays
    first = f"{since - 1}-12-01"
    with warnings.catch_warnings(), _holidays_within(first, f"{datetime.now(UTC).year + 2}-01-01"):
        # it reads pandas in ways that pandas is about to change
        warnings.simplefilter("ignore")
        try:
            schedule = exchange_calendars.get_calendar(code, start=first).schedule
        except ValueError:
            # older than this calendar: twenty years are what any of them gives
            schedule = exchange_calendars.get_calendar(code).schedule
    moments = (schedule[name].array.to_pydatetime() for name in ("open", "break_start", "break_end", "close"))
    return [Session(day, _hours(*of_day)) for day, *of_day in zip(schedule.index.date, *moments, strict=True)]


@contextmanager
def _holidays_within(first: str, last: str) -> Iterator[None]:
    """Rules for holidays are worked out for the years from 1970 to 2200 otherwise, which takes seconds for Korea's."""
    from pandas import Timestamp
    from pandas.tseries.holiday import AbstractHolidayCalendar

    known = AbstractHolidayCalendar.start_date, AbstractHolidayCalendar.end_date
    earliest = min(Timestamp(first), Timestamp(datetime.now(UTC).year - 21, 1, 1))
    AbstractHolidayCalendar.start_date, AbstractHolidayCalendar.end_date = earliest, Timestamp(last)
    try:
        yield
    finally:
        AbstractHolidayCalendar.start_date, AbstractHolidayCalendar.end_date = known


def _hours(opens: datetime, pause: datetime | None, again: datetime | None, closes: datetime) -> tuple[Window, ...]:
    # a missing moment is NaT, the only value that does not equal itself
    if pause is None or again is None or pause != pause:
        return ((opens.astimezone(UTC), closes.astimezone(UTC)),)
    return (opens.astimezone(UTC), pause.astimezone(UTC)), (again.astimezone(UTC), closes.astimezone(UTC))
