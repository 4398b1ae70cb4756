"""What a stream lacks: expected sessions less stored bars and answers; or windows of posts that nobody accounted for.

One rule for whoever looks: the finder of gaps, the plan of a backfill, and the filler before and after it asks. It asks
no source and writes nothing.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from lib.calendars.sessions import Session, sessions_of
from lib.collect.bars import bars_stream
from lib.db.collected import bar_starts
from lib.db.coverage import answers, heard_windows
from lib.db.gaps import taken_windows
from lib.db.pool import Connection, Pool
from lib.domain.bars import Interval, trading_day
from lib.domain.gaps import Missing, Window, independent, missing_bars, without
from lib.domain.symbols import Listing

_DAY = timedelta(days=1)
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)

LENGTH: dict[Interval, timedelta] = {"1d": _DAY, "1h": timedelta(hours=1), "1m": timedelta(minutes=1)}

# a silence within an answered session that is shorter is the market's; a day is missing or not
_TOLERATED: dict[Interval, timedelta] = {"1d": timedelta(0), "1h": timedelta(hours=2), "1m": timedelta(minutes=30)}

# how long after a bar's end an answer may still lack it: prices of some exchanges are shown 20 minutes late
SETTLED = timedelta(minutes=30)

# a hole at the provider is there for everybody who asks within some hours, and filled later or never
APART = timedelta(hours=6)


async def missing_of_bars(
    db: Pool | Connection, source: str, listing: Listing, interval: Interval, start: datetime, end: datetime, *,
    now: datetime,
) -> Missing:  # fmt: skip
    """What is missing of the bars of `listing` with start in [start, end), of sessions that were over before `now`.

    Of daily bars, whole days: both ends count as the midnight before.
    """
    if interval == "1d":
        start, end = trading_day(start.date()), trading_day(end.date())
    sessions = await asyncio.to_thread(sessions_of, listing, (start - _DAY).date(), (end + _DAY).date())
    over = [session for session in sessions if session.closes + SETTLED <= now]
    spans = [span for session in over for span in _spans(session, interval) if span[0] < end and span[1] > start]
    if not spans:
        return Missing()
    first, last, length = spans[0][0], spans[-1][1], LENGTH[interval]
    starts = await bar_starts(db, listing.symbol, interval, first - length, last)
    given = await answers(db, source, bars_stream(interval, listing.symbol), first, last)
    final_until = _final_days(sessions) if interval == "1d" else _final_moments
    heard = independent(
        (((start, min(end, final_until(observed_at))), observed_at) for start, end, observed_at in given), APART
    )
    found = missing_bars(spans, starts, length, heard, tolerated=_TOLERATED[interval])
    return found.within(start, end)


async def missing_of_posts(
    db: Pool | Connection, source: str, stream: str, start: datetime, end: datetime
) -> list[Window]:
    """The parts of [start, end) that were never answered, nor given up as lost."""
    heard = await heard_windows(db, source, stream, start, end)
    lost = await taken_windows(db, source, stream, start, end, states=("lost",))
    return without([(start, end)], [*heard, *lost])


def bars_in(windows: Sequence[Window], listing: Listing, interval: Interval) -> int:
    """How many bars `windows` may hold at most: one for each session, hour or minute. Blocks as sessions_of does."""
    count = 0
    for start, end in windows:
        for session in sessions_of(listing, (start - _DAY).date(), (end + _DAY).date()):
            for since, until in _spans(session, interval):
                shared = min(until, end) - max(since, start)
                count += max(0, -(-shared // LENGTH[interval]))
    return count


def _spans(session: Session, interval: Interval) -> tuple[Window, ...]:
    if interval != "1d":
        return session.hours
    start = trading_day(session.day)
    return ((start, start + _DAY),)


def _final_days(sessions: Sequence[Session]) -> Callable[[datetime], datetime]:
    final_from = [session.closes + SETTLED for session in sessions]

    def final_until(observed_at: datetime) -> datetime:
        place = bisect_right(final_from, observed_at)
        return trading_day(sessions[place].day) if place < len(sessions) else _END_OF_TIME

    return final_until


def _final_moments(observed_at: datetime) -> datetime:
    return observed_at - SETTLED
