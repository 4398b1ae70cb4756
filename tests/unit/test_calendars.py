"""Which days and hours a listing was traded, holidays and half days included."""

from datetime import UTC, date, datetime, timedelta

import pytest

from lib.calendars.exchanges import CODES, calendar_code
from lib.calendars.sessions import calendar_note, sessions_of
from lib.domain.symbols import Listing


def listed(symbol: str, **more: object) -> Listing:
    return Listing(symbol=symbol, name=symbol, **more)  # type: ignore[arg-type]


def days(listing: Listing, first: date, last: date) -> list[int]:
    return [session.day.day for session in sessions_of(listing, first, last)]


@pytest.mark.parametrize(
    ("listing", "code"),
    [
        (listed("AAPL", exchange="NASDAQ"), "XNYS"),
        (listed("IBM", exchange="NYSE"), "XNYS"),
        (listed("BRK-B"), "XNYS"),
        (listed("005930.KS", exchange="KOSPI"), "XKRX"),
        (listed("293490.KQ"), "XKRX"),
        (listed("7203.T"), "XTKS"),
        (listed("VOD.L"), "XLON"),
        (listed("0700.HK"), "XHKG"),
        (listed("SAP.DE"), "XETR"),
        (listed("BTC-USD", kind="crypto"), "24/7"),
        (listed("EURUSD=X"), "24/5"),
        (listed("^KS11", exchange="KSE", kind="index"), "XKRX"),
        (listed("^N225", exchange="Osaka", kind="index"), None),
        (listed("ACME.ZZ"), None),
        (listed("ACME", currency="EUR", exchange="Somewhere"), None),
    ],
    ids=lambda value: value.symbol if isinstance(value, Listing) else str(value),
)
def test_a_listing_leads_to_its_calendar(listing: Listing, code: str | None) -> None:
    assert calendar_code(listing) == code
    assert (calendar_note(listing) == "") == (code is not None)


def test_every_calendar_that_is_named_exists() -> None:
    import exchange_calendars

    assert set(exchange_calendars.get_calendar_names(include_aliases=True)) >= CODES


def test_seollal_is_no_session_and_the_days_around_it_are() -> None:
    # 16 to 18 February 2026: a Korean Monday is 00:00 to 06:30 UTC
    samsung = listed("005930.KS")
    assert days(samsung, date(2026, 2, 11), date(2026, 2, 23)) == [11, 12, 13, 19, 20, 23]
    (friday,) = sessions_of(samsung, date(2026, 2, 13), date(2026, 2, 15))
    assert friday.hours == ((datetime(2026, 2, 13, tzinfo=UTC), datetime(2026, 2, 13, 6, 30, tzinfo=UTC)),)


def test_the_day_after_thanksgiving_is_half_a_day() -> None:
    found = sessions_of(listed("AAPL"), date(2025, 11, 26), date(2025, 12, 1))
    assert [(session.day.day, session.closes - session.hours[0][0]) for session in found] == [
        (26, timedelta(hours=6.5)),
        (28, timedelta(hours=3.5)),
        (1, timedelta(hours=6.5)),
    ]


def test_a_break_at_noon_divides_the_day() -> None:
    (monday,) = sessions_of(listed("7203.T"), date(2026, 3, 2), date(2026, 3, 2))
    assert [(start.hour, end.hour) for start, end in monday.hours] == [(0, 2), (3, 6)]


def test_nothing_is_expected_before_the_listing_nor_from_the_delisting_on() -> None:
    short = listed("GSX", listed_on=date(2026, 3, 3), delisted_on=date(2026, 3, 6))
    assert days(short, date(2026, 3, 2), date(2026, 3, 9)) == [3, 4, 5]
    assert days(short, date(2026, 3, 6), date(2026, 3, 9)) == []


def test_without_a_calendar_every_weekday_counts_and_crypto_knows_no_weekend() -> None:
    week = date(2026, 3, 2), date(2026, 3, 8)
    assert days(listed("ACME.ZZ"), *week) == [2, 3, 4, 5, 6]
    assert days(listed("BTC-USD", kind="crypto"), *week) == [2, 3, 4, 5, 6, 7, 8]
    (sunday,) = sessions_of(listed("BTC-USD", kind="crypto"), week[1], week[1])
    assert sunday.closes - sunday.hours[0][0] == timedelta(days=1)


def test_days_that_a_calendar_does_not_know_count_as_weekdays() -> None:
    # Tokyo's begins long after
    assert days(listed("7203.T"), date(1990, 1, 1), date(1990, 1, 7)) == [1, 2, 3, 4, 5]
    assert days(listed("AAPL"), date(2020, 1, 1), date(2020, 1, 3)) == [2, 3]
