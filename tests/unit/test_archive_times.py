"""Moments are read exactly or not at all; a zone is never guessed."""

import contextlib
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.sources.archive.times import BadTime, has_time_of_day, parse_bar_start, parse_date, parse_instant

EASTERN = ZoneInfo("US/Eastern")
SEOUL = ZoneInfo("Asia/Seoul")
MOMENT = datetime(2013, 12, 31, 23, 10, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2013-12-31T23:10:08Z",
        "2013-12-31 23:10:08+00:00",
        "2014-01-01T08:10:08+09:00",
        "2013-12-31 23:10:08 UTC",
        "Tue Dec 31 23:10:08 +0000 2013",
        "Tue, 31 Dec 2013 18:10:08 -0500",
        "2013/12/31 23:10:08+0000",
        "1388531408",
        1388531408,
        1388531408000,
        "1388531408000000",
        1388531408000000000,
        "1388531408.0",
        Decimal("1388531408.0"),
    ],
)
def test_usual_ways_to_write_a_moment(written: object) -> None:
    assert parse_instant(written, None) == MOMENT
    assert parse_instant(written, SEOUL) == MOMENT


@pytest.mark.parametrize("written", ["2013-12-31 23:10:08", "2013-12-31", "20131231", "2013-12-31T23:10"])
def test_naive_times_are_refused_without_a_zone(written: str) -> None:
    with pytest.raises(BadTime, match="no time zone"):
        parse_instant(written, None)


def test_naive_times_with_a_zone() -> None:
    assert parse_instant("2019-02-11 09:31:00", EASTERN) == datetime(2019, 2, 11, 14, 31, tzinfo=UTC)
    assert parse_instant("2019-07-11 09:31:00", EASTERN) == datetime(2019, 7, 11, 13, 31, tzinfo=UTC)


def test_skipped_hour_does_not_exist_and_of_a_repeated_one_the_first_is_meant() -> None:
    with pytest.raises(BadTime, match="does not exist"):
        parse_instant("2019-03-10 02:30:00", EASTERN)
    assert parse_instant("2019-11-03 01:30:00", EASTERN) == datetime(2019, 11, 3, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    ["", "soon", "09:31", "3/19/2026", "2026-02-30", "99999999999999999999", "1", None, True, 1.5, [], "0001-01-01Z"],
)
def test_what_is_no_time_is_refused(written: object) -> None:
    with pytest.raises(BadTime):
        parse_instant(written, SEOUL)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(BadTime):
        parse_instant(text, SEOUL)


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 — the offset is drawn beside it
    st.integers(-12 * 60, 14 * 60),
)
def test_what_iso_writes_is_read_back(naive: datetime, minutes: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse_instant(moment.isoformat(), EASTERN) == moment


@pytest.mark.parametrize(
    "written", ["2026-03-02", "20260302", "2026-03-02 00:00:00", "2026-03-02 16:00:00", "2026-03-02 00:00:00-05:00",
                "2026-03-02T00:00:00+09:00", "1772409600"]
)  # fmt: skip
def test_daily_bars_start_at_their_trading_date(written: str) -> None:
    assert parse_bar_start(written, "1d", None) == datetime(2026, 3, 2, tzinfo=UTC)


def test_a_moment_that_could_be_two_trading_dates_needs_a_zone() -> None:
    with pytest.raises(BadTime, match="--timezone"):
        parse_bar_start("2026-03-01T15:00:00Z", "1d", None)
    assert parse_bar_start("2026-03-01T15:00:00Z", "1d", SEOUL) == datetime(2026, 3, 2, tzinfo=UTC)


def test_bars_within_a_day_start_on_their_grid() -> None:
    assert parse_bar_start("2026-03-02T14:31:00Z", "1m", None) == datetime(2026, 3, 2, 14, 31, tzinfo=UTC)
    assert parse_bar_start("2026-03-02T14:30:00Z", "1h", None) == datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
    for written, interval in (("2026-03-02T14:31:05Z", "1m"), ("2026-03-02T14:31:00Z", "1h")):
        with pytest.raises(BadTime, match="full"):
            parse_bar_start(written, interval, None)  # type: ignore[arg-type]


def test_dates_and_times_of_day() -> None:
    assert parse_date("1975-06-11").isoformat() == "1975-06-11"
    assert [has_time_of_day(text) for text in ("2026-03-02", "2026-03-02 09:30", "nonsense")] == [False, True, False]
