"""Bars and corporate actions. It does not know providers, files or tables.

A daily bar starts at 00:00 UTC of its trading date, whatever the exchange: the date is a label, not an instant, and so
a Korean and a US day of the same date meet the same UTC day of posts. Hourly and minute bars start at their true
instant in UTC.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal

import msgspec

Interval = Literal["1d", "1h", "1m"]
INTERVALS: tuple[Interval, ...] = ("1d", "1h", "1m")
ActionKind = Literal["dividend", "split"]


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One interval of trading. Prices in the listing's currency, unadjusted but for `adj_close`; volume in shares."""

    symbol: str
    interval: Interval
    start: datetime
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    close: Decimal
    adj_close: Decimal | None = None
    volume: int | None = None


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """A dividend (amount per share, listing's currency) or a split (new shares per old one) on its ex-date."""

    symbol: str
    kind: ActionKind
    ex_date: date
    value: Decimal


def trading_day(day: date) -> datetime:
    """The `start` of the daily bar of `day`: 00:00 UTC.

    >>> trading_day(date(2026, 3, 2)).isoformat()
    '2026-03-02T00:00:00+00:00'
    """
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
