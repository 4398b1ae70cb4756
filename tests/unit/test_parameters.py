"""How text of a query becomes moments and ranges."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cursors import read_cursor, write_cursor
from api.parameters import known_symbol, parse_moment, parse_range, window_until
from api.problems import BadParameter
from lib.errors import UnknownSymbol

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=zones)  # noqa: DTZ001 - hypothesis wants naive bounds


@given(moments)
def test_every_rfc_3339_moment_is_read_as_it_was_meant(moment: datetime) -> None:
    text = moment.isoformat()
    assert parse_moment("as_of", text) == moment
    # a + that nobody escaped arrives as a space
    assert parse_moment("as_of", text.replace("+", " ")) == moment


@pytest.mark.parametrize("text", ["2026-03-02T10:00", "2026-03-02 10:00:00.5", "2026-03-02T10:00:00"])
def test_a_moment_without_a_zone_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadParameter, match="no time zone") as refused:
        parse_moment("as_of", text)
    assert refused.value.parameter == "as_of"


@pytest.mark.parametrize(
    "text",
    ["", "now", "infinity", "1700000000", "2026-02-30T00:00:00Z", "2026-03-02T25:00:00Z", "2026-03-02T10:00:00+99:00",
     "0001-01-01T00:00:00+10:00", "2026-03-02T10:00:00Z; DROP TABLE bars", "２０２６-03-02T10:00:00Z"],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadParameter):
        parse_moment("as_of", text)


def test_a_range_of_days_holds_its_last_day() -> None:
    assert parse_range("2014-01-01", "2016-03-31") == (
        datetime(2014, 1, 1, tzinfo=UTC),
        datetime(2016, 4, 1, tzinfo=UTC),
    )
    assert parse_range("2014-01-01", "2014-01-01").end == datetime(2014, 1, 2, tzinfo=UTC)
    assert parse_range(None, None) == (None, None)
    assert parse_range(None, "9999-12-31").end is None


@pytest.mark.parametrize(
    ("start", "end"), [("2014-01-02", "2014-01-01"), ("2014-01-01T10:00:00Z", "2014-01-01T10:00:00Z")]
)
def test_an_empty_range_is_refused(start: str, end: str) -> None:
    with pytest.raises(BadParameter) as refused:
        parse_range(start, end)
    assert refused.value.parameter == "end"


@given(moments, st.sampled_from([timedelta(hours=1), timedelta(days=7)]))
def test_a_window_ends_with_the_bucket_of_its_moment(moment: datetime, length: timedelta) -> None:
    since, until = window_until(moment, length)
    assert until - since == length
    assert moment < until <= moment + timedelta(minutes=5)
    assert until.timestamp() % 300 == 0


def test_what_cannot_be_a_symbol_is_unknown() -> None:
    assert known_symbol(" $brk-b") == "BRK-B"
    with pytest.raises(UnknownSymbol):
        known_symbol("<script>")


@given(
    # years at both ends of the calendar are refused: an offset would lead out of it
    st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(0, 2**62),
)
def test_a_cursor_brings_back_what_was_put_into_it(moment: datetime, number: int) -> None:
    assert read_cursor(write_cursor((moment, number)), tuple[datetime, int]) == (moment, number)


@given(st.text(max_size=60))
def test_no_other_text_is_a_cursor_for_a_position(text: str) -> None:
    try:
        found = read_cursor(text, tuple[datetime, int])
    except BadParameter:
        return
    assert isinstance(found[0], datetime)
