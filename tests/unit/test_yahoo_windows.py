"""What Yahoo is asked for fits what it answers, and covers what was wanted."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.collect.bars import window
from lib.db.collected import Reach
from lib.domain.bars import Interval
from lib.sources.yahoo.windows import moment, pieces, reachable

NOW = datetime(2026, 3, 2, 12, 34, 56, 789, tzinfo=UTC)
moments = st.integers(1_577_836_800, 1_767_225_600).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(st.sampled_from(["1d", "1h", "1m"]), moments, moments)
def test_pieces_cover_the_window_without_gap_or_overlap(interval: Interval, one: datetime, other: datetime) -> None:
    start, end = sorted((one, other))
    found = list(pieces(interval, start, end))
    assert [piece[0] for piece in found[1:]] == [piece[1] for piece in found[:-1]]
    assert not found if start == end else (found[0][0], found[-1][1]) == (start, end)
    if interval == "1m":
        assert all(stop - begin <= timedelta(days=7) for begin, stop in found)


def test_minutes_and_hours_are_not_asked_further_back_than_yahoo_keeps_them() -> None:
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    assert reachable("1d", long_ago, now=NOW) == long_ago
    assert reachable("1m", long_ago, now=NOW) == NOW - timedelta(days=29)
    assert reachable("1h", long_ago, now=NOW) == NOW - timedelta(days=729)
    assert reachable("1m", NOW, now=NOW) == NOW


def test_a_date_is_midnight_utc_and_a_time_without_zone_is_refused() -> None:
    assert moment(date(2026, 3, 2)) == datetime(2026, 3, 2, tzinfo=UTC)
    assert moment(datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=9)))) == datetime(2026, 3, 2, tzinfo=UTC)
    with pytest.raises(ValueError, match="no time zone"):
        moment(datetime(2026, 3, 2))  # noqa: DTZ001 - the very thing that is refused


def test_what_is_asked_for_first_next_and_on_demand() -> None:
    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    known = Reach(sample=False, first=datetime(2024, 1, 2, tzinfo=UTC), last=datetime(2026, 2, 27, tzinfo=UTC))
    listed = Reach(sample=False, first=None, last=None)

    for nothing_stored in (None, listed):
        assert window("1d", nothing_stored, days=None, now=NOW) == (midnight - timedelta(days=730), midnight)
    assert window("1d", known, days=None, now=NOW) == (datetime(2026, 2, 20, tzinfo=UTC), midnight)
    assert window("1d", known, days=30, now=NOW) == (midnight - timedelta(days=30), midnight)

    second = NOW.replace(microsecond=0)
    assert window("1m", None, days=None, now=NOW) == (second - timedelta(days=7), second)
