"""How runs are counted: each once, by what has become of it and when."""

from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.domain.flow_runs import PUNCTUAL, RECENT, Ended, Figures, Run, State, count_runs, longest

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
STATES: list[State] = ["waiting", "under way", *get_args(Ended)]

runs = st.lists(
    st.builds(
        Run,
        st.sampled_from(["collect-posts", "drill", "new-flow"]),
        st.sampled_from(["default", "daily", ""]),
        st.sampled_from(STATES),
        st.timedeltas(timedelta(0), timedelta(days=2)).map(lambda age: NOW - age),
    ),
    max_size=20,
)


def ago(**spans: float) -> datetime:
    return NOW - timedelta(**spans)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(runs, st.permutations(range(5)))
def test_every_run_is_counted_once_in_whatever_order(found: list[Run], order: list[int]) -> None:
    figures = count_runs(found, NOW, [("score-posts", "default")])
    mixed = [run for turn in order for run in found[turn::5]]
    assert count_runs(mixed, NOW, [("score-posts", "default")]) == figures
    assert figures["score-posts", "default"] == Figures()
    for state in get_args(Ended):
        wanted = sum(run.state == state and run.since > NOW - RECENT for run in found)
        assert sum(getattr(one, state) for one in figures.values()) == wanted
    assert sum(one.under_way for one in figures.values()) == sum(run.state == "under way" for run in found)
    assert all(0 <= one.overlong <= one.under_way for one in figures.values())
    assert all((one.oldest_s > longest(key[0]).total_seconds()) == (one.overlong > 0) for key, one in figures.items())


def test_a_run_is_overlong_by_the_measure_of_its_flow() -> None:
    found = [Run(name, "default", "under way", ago(minutes=31)) for name in ("collect-posts", "drill", "unheard-of")]
    figures = count_runs(found, NOW, [])
    assert [one.overlong for one in figures.values()] == [1, 0, 0]
    assert {one.oldest_s for one in figures.values()} == {31 * 60}


def test_a_run_is_late_a_minute_after_its_time() -> None:
    found = [Run("a", "b", "waiting", moment) for moment in (NOW - PUNCTUAL, ago(seconds=61), NOW + RECENT)]
    assert count_runs(found, NOW, [])["a", "b"] == Figures(late=1)


def test_successes_that_are_no_longer_recent_are_remembered_and_not_counted() -> None:
    found = [Run("a", "b", "completed", ago(hours=age)) for age in (5, 3, 4)]
    assert count_runs(found, NOW, [])["a", "b"] == Figures(last_success_at=ago(hours=3))
