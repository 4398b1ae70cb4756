"""What is missing is exactly what was expected, is not there and was not answered: no second lost, none twice."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lib.domain.gaps import (
    Missing,
    Window,
    common,
    independent,
    joined,
    missing_bars,
    overlaps,
    pause_after,
    to_queue,
    without,
)

ZERO = datetime(2026, 3, 2, tzinfo=UTC)
LENGTH = timedelta(minutes=3)
TOLERATED = timedelta(minutes=10)
TOTAL = 120


def at(minute: int) -> datetime:
    return ZERO + timedelta(minutes=minute)


def window(start: int, end: int) -> Window:
    return at(start), at(end)


def minutes(windows: list[Window] | tuple[Window, ...]) -> set[int]:
    """Every minute that is covered; all windows here begin and end at whole ones."""
    return {
        minute
        for start, end in windows
        for minute in range((start - ZERO) // timedelta(minutes=1), (end - ZERO) // timedelta(minutes=1))
    }


def are_apart(windows: list[Window] | tuple[Window, ...]) -> bool:
    return all(start < end for start, end in windows) and all(
        earlier[1] <= later[0] for earlier, later in pairwise(windows)
    )


_edges = st.tuples(st.integers(0, TOTAL), st.integers(0, TOTAL)).map(sorted)
_windows = st.lists(_edges.map(lambda pair: window(*pair)), max_size=8)
# exchanges open, close and open again
_spans = st.lists(st.integers(0, TOTAL), unique=True, max_size=10).map(
    lambda cuts: [window(*pair) for pair in zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False)]
)
_starts = st.lists(st.integers(0, TOTAL), unique=True, max_size=40).map(lambda found: [at(m) for m in sorted(found)])


@given(_windows, _windows)
def test_joined_without_and_common_are_the_union_difference_and_intersection(
    some: list[Window], others: list[Window]
) -> None:
    assert minutes(joined(some)) == minutes(some)
    assert minutes(without(some, others)) == minutes(some) - minutes(others)
    assert minutes(common(some, others)) == minutes(some) & minutes(others)
    for found in (joined(some), without(some, others), common(some, others)):
        assert are_apart(found)


@given(_windows)
def test_overlaps_are_what_two_cover(some: list[Window]) -> None:
    covered = [minute for one in some for minute in minutes([one])]
    assert minutes(overlaps(some)) == {minute for minute in covered if covered.count(minute) > 1}


@given(st.lists(st.tuples(_edges.map(lambda pair: window(*pair)), st.integers(0, 600).map(at)), max_size=8))
def test_answers_given_close_to_each_other_count_as_one(answers: list[tuple[Window, datetime]]) -> None:
    apart = timedelta(minutes=100)
    counted = independent(answers, apart)
    assert minutes(joined(counted)) == minutes([one for one, _ in answers])
    for minute in minutes(overlaps(counted)):
        given = [when for one, when in answers if minute in minutes([one])]
        assert len(given) > 1
    moments = [when for _, when in answers]
    if moments and max(moments) - min(moments) < apart:
        assert overlaps(counted) == []


@given(_spans, _starts, _windows)
def test_what_is_missing_was_expected_is_not_stored_and_not_said_to_be_nothing(
    spans: list[Window], starts: list[datetime], answers: list[Window]
) -> None:
    found = missing_bars(spans, starts, LENGTH, answers, tolerated=TOLERATED)

    silent = minutes(spans) - minutes([(start, start + LENGTH) for start in starts])
    answered, twice = minutes(joined(answers)), minutes(overlaps(answers))
    assert minutes(found.unheard) == silent - answered
    assert minutes(found.once) <= (silent & answered) - twice
    whole = [span for span in spans if minutes([span]) <= silent]
    nothing = [span for span in whole if minutes([span]) <= twice]
    assert [span for run in found.none for span in run] == nothing
    places = [[spans.index(span) for span in run] for run in found.none]
    assert all(run == list(range(run[0], run[-1] + 1)) for run in places), "a run has no other span in it"
    assert all(earlier[-1] + 1 < later[0] for earlier, later in pairwise(places))
    taken = answers[:2]
    told = found.nothing_but(taken)
    assert are_apart(told)
    assert not common(told, taken)
    assert minutes(told) & minutes(spans) == minutes(nothing) - minutes(taken)
    # whatever a whole span lacks is asked for, or said by two answers to be nothing
    for span in whole:
        assert minutes([span]) <= minutes(found.to_ask) | twice
    for part in (found.unheard, found.once):
        assert are_apart(part)
    assert are_apart(sorted([*found.unheard, *found.once]))


def test_a_short_silence_that_was_answered_is_the_market_s() -> None:
    session = [window(0, 60)]
    starts = [at(minute) for minute in range(60) if minute not in (10, 11, 12, *range(30, 45))]
    length = timedelta(minutes=1)
    once = missing_bars(session, starts, length, [window(0, 60)], tolerated=TOLERATED)
    assert once == Missing(once=(window(30, 45),))
    twice = missing_bars(session, starts, length, [window(0, 60), window(0, 60)], tolerated=TOLERATED)
    assert twice == Missing()
    never = missing_bars(session, starts, length, [], tolerated=TOLERATED)
    assert never == Missing(unheard=(window(10, 13), window(30, 45)))


def test_a_session_answered_twice_with_nothing_is_said_to_be_none() -> None:
    found = missing_bars([window(0, 30), window(60, 90)], [], LENGTH, [window(0, 70)] * 2, tolerated=TOLERATED)
    assert found == Missing(unheard=(window(70, 90),), none=((window(0, 30),),))
    assert found.within(at(20), at(80)) == Missing(unheard=(window(70, 80),), none=((window(0, 30),),))


@given(_windows, _windows, st.integers(0, 30), st.integers(1, 50))
def test_what_is_queued_holds_everything_wanted_once_and_nothing_taken(
    wanted: list[Window], taken: list[Window], within: int, longest: int
) -> None:
    limit = timedelta(minutes=longest)
    queued = to_queue(wanted, taken, within=timedelta(minutes=within), longest=limit)
    assert are_apart(queued)
    assert all(end - start <= limit for start, end in queued)
    assert without(wanted, taken) == common(joined(queued), without(wanted, taken))
    assert not common(queued, taken)
    # no question is about nothing that is wanted, but for what lies between two neighbours
    assert sum((end - start for start, end in without(queued, wanted)), timedelta(0)) <= timedelta(
        minutes=within * max(len(joined(wanted)) - 1, 0)
    )


@given(st.datetimes(max_value=datetime(9990, 1, 1), timezones=st.just(UTC)), st.timedeltas(timedelta(0), timedelta(9)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_no_part_of_a_second_is_lost_between_shards(start: datetime, length: timedelta) -> None:
    shards = to_queue([(start, start + length)], [], within=timedelta(0), longest=timedelta(days=1))
    assert joined(shards) == joined([(start, start + length)])
    assert are_apart(shards)


@given(st.integers(1, 10_000))
def test_pauses_grow_to_six_hours_and_no_further(tries: int) -> None:
    assert timedelta(minutes=5) <= pause_after(tries) <= pause_after(tries + 1) <= timedelta(hours=6)
