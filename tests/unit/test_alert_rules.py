"""When an alert fires, and when it stays quiet: by examples, and for any course of values."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.alert_limits import UnusableRule, check_rule, usual_hysteresis
from lib.domain.alerts import OF_PRICES, Direction, Look, Measure, Rule, Side, Standing, band, judge
from lib.domain.confidence import confidence

START = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DIRECTIONS = get_args(Direction)


def rule(direction: Direction = "above", threshold: str = "100", hysteresis: str = "0", **values: Any) -> Rule:
    chosen: dict[str, Any] = {"measure": "price"} | values
    return Rule(direction=direction, threshold=Decimal(threshold), hysteresis=Decimal(hysteresis), **chosen)


def course(of: Rule, values: list[str | None], *, posts: int = 1000) -> list[Side | None]:
    """What fires at each of `values`, a minute apart."""
    standing, fired = Standing(), []
    for number, text in enumerate(values):
        look = Look(value=None if text is None else Decimal(text), posts=posts, confidence=confidence(posts, posts))
        verdict = judge(of, standing, look, START + number * MINUTE)
        standing = verdict.standing
        fired.append(verdict.fires)
    return fired


def places(fired: list[Side | None]) -> list[int]:
    return [place for place, side in enumerate(fired) if side is not None]


@pytest.mark.parametrize(
    ("direction", "values", "fires_at"),
    [
        ("above", ["99", "101", "102", "99", "101"], [1, 4]),
        ("above", ["101", "102", "99", "101"], [3]),  # the first look only learns
        ("above", ["99", "100", "100.01"], [2]),  # the threshold itself is not above it
        ("above", ["100", "101"], [1]),  # nor is it when it comes first
        ("below", ["101", "99", "98", "101", "99"], [1, 4]),
        ("below", ["100", "99"], [1]),
        ("crosses", ["99", "101", "102", "99"], [1, 3]),
        ("crosses", ["100", "101", "99"], [2]),  # from the threshold itself a side is learned first
        ("above", ["99", None, "101", None, "101", None, "99", "101"], [2, 7]),
        ("above", [None, None, "101", "102"], []),
    ],
)
def test_only_a_change_of_side_fires(direction: Direction, values: list[str | None], fires_at: list[int]) -> None:
    assert places(course(rule(direction), values)) == fires_at


def test_what_flaps_within_the_hysteresis_is_quiet() -> None:
    flapping = ["95", "101", "99", "101", "98.5", "101", "97.9", "101"]
    assert places(course(rule("above", hysteresis="2"), flapping)) == [1, 7]
    assert places(course(rule("above"), flapping)) == [1, 3, 5, 7]
    both = ["95", "101", "99", "102.1", "98", "97.9"]
    assert course(rule("crosses", hysteresis="2"), both) == [None, None, None, "above", None, "below"]


def test_a_cool_down_counts_what_it_keeps_quiet() -> None:
    of = rule("above", cooldown=5 * MINUTE)
    values = ["99", "101", "99", "101", "99", "101", "99", "101", "99"]
    assert places(course(of, values)) == [1, 7]
    standing = Standing(side="below", fired_at=START, quiet=2)
    late = judge(of, standing, Look(value=Decimal(101)), START + 5 * MINUTE)
    assert (late.fires, late.quiet, late.standing) == (
        "above",
        2,
        Standing(side="above", fired_at=START + 5 * MINUTE),
    )


def test_few_posts_change_nothing() -> None:
    of = rule(threshold="0.3", measure="score", window="24h", min_posts=10, min_confidence="medium")
    standing = Standing(side="below")
    for posts, authors, fires in ((9, 9, False), (10, 4, False), (10, 5, True)):
        look = Look(value=Decimal("0.9"), posts=posts, confidence=confidence(posts, authors))
        assert (judge(of, standing, look, START).fires == "above") is fires
    silent = Look(value=Decimal("-0.9"), posts=1, confidence="low")
    assert judge(of, Standing(side="above"), silent, START).standing.side == "above"


def test_few_posts_can_only_lower_a_buzz() -> None:
    of = rule("crosses", "3", measure="buzz", window="24h", min_posts=10, min_confidence="medium")
    silence = Look(value=Decimal("-1"), posts=0, confidence="none")
    assert judge(of, Standing(side="above"), silence, START).fires == "below"
    few = Look(value=Decimal("8"), posts=8, confidence="low")
    assert judge(of, Standing(side="below"), few, START).fires is None


def test_a_split_moves_the_threshold_with_it() -> None:
    of = rule("below", "900", "20")
    after = of.after_split(Decimal(10))
    assert (after.threshold, after.hysteresis) == (Decimal(90), Decimal(2))
    assert judge(after, Standing(side="above"), Look(value=Decimal(100)), START).fires is None


prices = st.none() | st.integers(90, 110).map(str)
rules = st.builds(
    rule,
    st.sampled_from(DIRECTIONS),
    hysteresis=st.integers(0, 5).map(str),
    cooldown=st.integers(0, 10).map(lambda minutes: minutes * MINUTE),
)


@given(of=rules, values=st.lists(prices, max_size=60))
def test_between_two_firings_for_one_side_lies_the_other(of: Rule, values: list[str | None]) -> None:
    low, high = band(of)
    fired = course(of, values)
    for side in ("above", "below"):
        at = [place for place, found in enumerate(fired) if found == side]
        assert not at or of.direction in (side, "crosses")
        for place in at:
            now = Decimal(str(values[place]))
            assert now > high if side == "above" else now < low
        for earlier, later in itertools.pairwise(at):
            between = [Decimal(text) for text in values[earlier:later] if text is not None]
            assert min(between) < low if side == "above" else max(between) > high
    for earlier, later in zip(places(fired), places(fired)[1:], strict=False):
        assert (later - earlier) * MINUTE >= of.cooldown


@given(of=rules, values=st.lists(prices, max_size=60))
def test_what_is_missing_might_as_well_not_have_been_looked_at(of: Rule, values: list[str | None]) -> None:
    timeless = rule(of.direction, hysteresis=str(of.hysteresis))
    known = [text for text in values if text is not None]
    fired = [side for side, text in zip(course(timeless, values), values, strict=True) if text is not None]
    assert fired == course(timeless, known)


@given(of=rules, values=st.lists(prices, max_size=60))
def test_a_look_repeated_changes_nothing(of: Rule, values: list[str | None]) -> None:
    standing = Standing()
    for number, text in enumerate(values):
        look, now = Look(value=None if text is None else Decimal(text)), START + number * MINUTE
        standing = judge(of, standing, look, now).standing
        assert judge(of, standing, look, now).fires is None
        assert judge(of, standing, look, now).standing == standing


@given(of=rules, values=st.lists(prices, max_size=60))
def test_more_hysteresis_never_fires_more_often(of: Rule, values: list[str | None]) -> None:
    eager = rule(of.direction)
    patient = rule(of.direction, hysteresis=str(of.hysteresis))
    assert len(places(course(patient, values))) <= len(places(course(eager, values)))


@given(of=rules, values=st.lists(prices, max_size=40), factor=st.sampled_from(["2", "4", "0.5", "10"]))
def test_the_same_fires_in_other_units(of: Rule, values: list[str | None], factor: str) -> None:
    scaled = [None if text is None else str(Decimal(text) / Decimal(factor)) for text in values]
    assert course(of.after_split(Decimal(factor)), scaled) == course(of, values)


@pytest.mark.parametrize("measure", get_args(Measure))
def test_the_usual_hysteresis_makes_a_rule_that_can_be_used(measure: Measure) -> None:
    window = None if measure == "price" else "24h"
    of = rule(threshold="0.2", hysteresis=str(usual_hysteresis(measure)), measure=measure, window=window)
    check_rule(of, "webhook")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"threshold": "0"}, "threshold"),
        ({"threshold": "NaN"}, "threshold"),
        ({"threshold": "Infinity"}, "threshold"),
        ({"threshold": "1.1234567"}, "threshold"),
        ({"threshold": "1e30"}, "threshold"),
        ({"threshold": "1", "measure": "score", "window": "24h"}, "threshold"),
        ({"threshold": "-0.98", "hysteresis": "0.05", "measure": "score", "window": "24h"}, "hysteresis"),
        ({"hysteresis": "-1"}, "hysteresis"),
        ({"hysteresis": "100"}, "hysteresis"),
        ({"window": "24h"}, "window"),
        ({"measure": "price_change"}, "window"),
        ({"min_posts": 1}, "min_posts"),
        ({"min_confidence": "low"}, "min_confidence"),
        ({"measure": "buzz", "window": "24h", "min_posts": -1}, "min_posts"),
        ({"cooldown": timedelta(days=31)}, "cooldown_s"),
        ({"cooldown": timedelta(seconds=-1)}, "cooldown_s"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_by_name(values: dict[str, Any], field: str) -> None:
    with pytest.raises(UnusableRule) as caught:
        check_rule(rule(**values), "webhook")
    assert caught.value.field == field
    assert caught.value.accepted


def test_mail_is_not_sent_every_minute() -> None:
    check_rule(rule(), "webhook")
    with pytest.raises(UnusableRule, match="too short"):
        check_rule(rule(), "email")


def test_measures_of_prices_and_of_sentiment_are_all_there_are() -> None:
    assert {"price", "price_change"} == OF_PRICES
