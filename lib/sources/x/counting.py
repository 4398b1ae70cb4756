"""Asks X how many posts there are of a listing in each hour. It does not know posts.

A question costs the same for one hour as for a week of them, so it is asked four times a day. Nothing keeps the numbers
hour by hour yet: they stand in the accounts, as posts that came and were only counted.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from lib.errors import Malformed
from lib.sources.patience import Patience, patiently
from lib.sources.posts import Page
from lib.sources.x.answers import SOURCE, Hour

HOUR = timedelta(hours=1)
EVERY = timedelta(hours=6)

Counts = Mapping[datetime, int]


async def count(
    ask: Callable[[datetime, datetime], Awaitable[list[Hour]]],
    start: datetime,
    end: datetime,
    cursor: Mapping[str, str],
    *,
    patience: Patience,
) -> tuple[Page, Counts]:
    """One page that accounts for [start, end), both on the hour and not the same, and the number of each hour in it."""
    asked = 0

    async def once() -> Counts:
        nonlocal asked
        asked += 1
        counts = {hour.start: hour.tweet_count for hour in await ask(start, end)}
        if sorted(counts) != [start + n * HOUR for n in range((end - start) // HOUR)]:
            raise Malformed(SOURCE, "X counted other hours than those it was asked for.")
        return counts

    counts = await patiently(once, patience)
    total = sum(counts.values())
    page = Page(start=start, end=end, cursor=cursor, received=total, asked=asked, dropped={"counted only": total})
    return page, counts


def hour_before(at: datetime) -> datetime:
    """The last full hour not after `at`."""
    return at.replace(minute=0, second=0, microsecond=0)


def hour_after(at: datetime) -> datetime:
    """The first full hour not before `at`."""
    return hour_before(at + HOUR - timedelta.resolution)
