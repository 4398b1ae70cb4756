"""What may be spent on a source, and what a month will have cost. Dollars are decimals. It does not know providers."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

import msgspec

_WEEK = 7
_CENT = Decimal("0.01")


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one source: dollars a UTC day and a calendar month, and units of each kind a month. None: no limit."""

    day: Decimal | None = None
    month: Decimal | None = None
    units_month: Mapping[str, int] = {}


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What has been spent: dollars today and this month, and units of the asked kind this month (today included)."""

    day: Decimal = Decimal(0)
    month: Decimal = Decimal(0)
    units_month: int = 0


def refusal(budget: Budget, spent: Spent, unit: str, units: int, dollars: Decimal) -> str | None:
    """Why `units` for `dollars` more would exceed the budget, or None where they do not.

    >>> refusal(Budget(day=Decimal(1)), Spent(day=Decimal("0.8")), "posts", 100, Decimal("0.5"))
    '100 posts would cost $0.50 and $0.80 of the $1.00 for today are spent'
    """
    for limit, used, when in ((budget.day, spent.day, "today"), (budget.month, spent.month, "this month")):
        if limit is not None and used + dollars > limit:
            already = f"{_money(used)} of the {_money(limit)} for {when} are spent"
            return f"{units} {unit} would cost {_money(dollars)} and {already}"
    most = budget.units_month.get(unit)
    if most is not None and spent.units_month + units > most:
        used_up = f"{spent.units_month:,} of the {most:,} {unit} for this month are used"
        return f"{units} {unit} more are not left: {used_up}"
    return None


def month_forecast(by_day: Mapping[date, Decimal], today: date) -> Decimal:
    """Dollars by the end of `today`'s month, if each day left costs what the last seven whole days cost on average.

    Days before the first one with any spending say nothing and are left out; without a whole day, today counts as one.

    >>> month_forecast({date(2026, 11, 26): Decimal(3), date(2026, 11, 27): Decimal(1)}, date(2026, 11, 27))
    Decimal('15.00')
    """
    spent = sum(
        (cost for day, cost in by_day.items() if (day.year, day.month) == (today.year, today.month)), Decimal(0)
    )
    if not by_day:
        return _rounded(Decimal(0))
    first = max(min(by_day), today - timedelta(days=_WEEK))
    days = (today - first).days
    usual = sum((cost for day, cost in by_day.items() if first <= day < today), Decimal(0)) / days if days else spent
    left_today = max(usual - by_day.get(today, Decimal(0)), Decimal(0))
    days_after = monthrange(today.year, today.month)[1] - today.day
    return _rounded(spent + left_today + usual * days_after)


def digits(dollars: Decimal) -> str:
    """`dollars` as text: at least cents, and as many digits more as there are.

    >>> digits(Decimal("2.5")), digits(Decimal("0.0050"))
    ('2.50', '0.005')
    """
    return f"{dollars.normalize():f}" if dollars % _CENT else f"{dollars:.2f}"


def _rounded(dollars: Decimal) -> Decimal:
    return dollars.quantize(_CENT)


def _money(dollars: Decimal) -> str:
    return f"${digits(dollars)}"
