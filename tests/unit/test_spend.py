"""What a month will have cost, and what a budget refuses: rules that hold for any numbers."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from lib.domain.spend import Budget, Spent, month_forecast, refusal

money = st.decimals(0, 1000, places=3)
TODAY = date(2026, 11, 12)


@given(limit=money, spent=money, dollars=money)
def test_what_is_let_through_never_exceeds_the_limit(limit: Decimal, spent: Decimal, dollars: Decimal) -> None:
    for budget, used in ((Budget(day=limit), Spent(day=spent)), (Budget(month=limit), Spent(month=spent))):
        allowed = refusal(budget, used, "posts", 1, dollars) is None
        assert allowed == (spent + dollars <= limit)


@given(most=st.integers(0, 1000), used=st.integers(0, 1000), units=st.integers(1, 1000))
def test_units_are_limited_as_money_is(most: int, used: int, units: int) -> None:
    reason = refusal(Budget(units_month={"posts": most}), Spent(units_month=used), "posts", units, Decimal(0))
    assert (reason is None) == (used + units <= most)
    assert refusal(Budget(units_month={"posts": most}), Spent(units_month=used), "counts", units, Decimal(0)) is None


def test_without_a_budget_everything_is_let_through() -> None:
    assert refusal(Budget(), Spent(day=Decimal(10**9)), "posts", 10**9, Decimal(10**9)) is None


@given(st.dictionaries(st.integers(0, 40).map(lambda back: TODAY - timedelta(days=back)), money, max_size=20))
def test_a_forecast_is_never_below_what_is_spent_already(by_day: dict[date, Decimal]) -> None:
    spent = sum((cost for day, cost in by_day.items() if (day.year, day.month) == (2026, 11)), Decimal(0))
    assert month_forecast(by_day, TODAY) >= spent.quantize(Decimal("0.01")) - Decimal("0.01")


def test_a_steady_week_goes_on_to_the_end_of_the_month() -> None:
    by_day = {TODAY - timedelta(days=back): Decimal(2) for back in range(1, 12)}
    assert month_forecast(by_day, TODAY) == Decimal("60.00")


def test_what_was_spent_last_month_is_no_part_of_this_one() -> None:
    by_day = {date(2026, 10, 31): Decimal(70), date(2026, 11, 1): Decimal(0)}
    assert month_forecast(by_day, date(2026, 11, 1)) == Decimal("2100.00")
    assert month_forecast({}, TODAY) == Decimal("0.00")
