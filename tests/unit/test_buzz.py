"""The rules of buzz and confidence."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lib.domain.buzz
import lib.domain.confidence
from lib.domain.buzz import FEWEST_PERIODS, PERIODS, bursts, buzz, known_history, robust_z
from lib.domain.confidence import confidence

counts = st.lists(st.integers(0, 10_000), min_size=1, max_size=30)


@pytest.mark.parametrize("module", [lib.domain.buzz, lib.domain.confidence])
def test_examples(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


@given(st.integers(0, 10_000), counts)
def test_the_order_of_the_past_does_not_matter(count: int, history: list[int]) -> None:
    assert robust_z(count, history) == robust_z(count, sorted(history))


@given(st.integers(0, 10_000), counts)
def test_more_posts_are_never_less_buzz(count: int, history: list[int]) -> None:
    assert robust_z(count + 1, history) >= robust_z(count, history)


@given(counts, st.integers(0, 29), st.integers(0, 1_000_000))
def test_one_wild_day_of_the_past_changes_little(history: list[int], place: int, wild: int) -> None:
    usual = [20] * 30
    usual[place] = wild
    assert robust_z(40, usual) == robust_z(40, [20] * 30)


@given(counts)
def test_a_short_history_has_no_buzz_and_says_so(history: list[int]) -> None:
    value, reason = buzz(5, history, older=False)
    assert (value is None) == (len(known_history(history, older=False)) < FEWEST_PERIODS) == (reason is not None)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=90), st.integers(0, 40), st.booleans())
def test_a_burst_is_the_buzz_of_its_interval(counts: list[int], before: int, older: bool) -> None:
    begin = min(before, len(counts) - 1, PERIODS)
    places = [place for place in range(begin, len(counts)) if counts[place]]
    if not places:
        return
    history = list(reversed(counts[max(places[0] - PERIODS, 0) : places[0]]))
    found = bursts(places, [counts[place] for place in places], history, older=older)
    seen = places[0] - len(history)
    for place, burst in zip(places, found, strict=True):
        past = [counts[n] if n >= seen else 0 for n in range(place - 1, place - 1 - PERIODS, -1)]
        earlier = older or any(counts[seen : max(place - PERIODS, seen)])
        assert burst == buzz(counts[place], past, older=earlier)[0]


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_confidence_never_falls_with_more_voices(posts: int, authors: int) -> None:
    order = ["none", "low", "medium", "high"]
    assert order.index(confidence(posts + 1, authors + 1)) >= order.index(confidence(posts, authors))
