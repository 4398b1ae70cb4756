"""What a disaster cost, counted: rows, holes and seconds, whatever was acknowledged and whatever is found."""

from hypothesis import given
from hypothesis import strategies as st

from lib.recovery.losses import Acknowledged, Loss, count_loss


def told(*moments: float) -> list[Acknowledged]:
    """Commits numbered from 1 on."""
    return [Acknowledged(number, at) for number, at in enumerate(moments, start=1)]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Acknowledged], set[int]]:
    """Acknowledged commits in their order, some numbers left out as doubtful ones are, and any found numbers."""
    numbers = sorted(draw(st.sets(st.integers(1, 60), max_size=40)))
    at, history = 0.0, []
    for number in numbers:
        at += draw(st.floats(0, 5, allow_nan=False))
        history.append(Acknowledged(number, at))
    return history, draw(st.sets(st.integers(1, 70), max_size=70))


@given(histories())
def test_every_lost_commit_is_counted_and_no_other(history: tuple[list[Acknowledged], set[int]]) -> None:
    acknowledged, found = history
    loss = count_loss(acknowledged, found)
    lost = [one for one in acknowledged if one.number not in found]
    assert loss.rows == len(lost)
    assert loss.acknowledged == len(acknowledged)
    kept = [one.number for one in acknowledged if one.number in found]
    assert loss.holes == sum(one.number < max(kept, default=0) for one in lost)
    assert (loss.rows == 0) <= (loss.seconds == 0)
    # it reaches back at least as far as every lost commit
    assert all(loss.seconds >= acknowledged[-1].at - one.at for one in lost)


def test_a_lost_end_costs_the_time_since_the_last_that_is_there() -> None:
    assert count_loss(told(10, 10.5, 11, 12), {1, 2}) == Loss(4, 2, 0, 1.5)


def test_a_hole_costs_the_time_since_the_last_before_it() -> None:
    assert count_loss(told(10, 11, 12, 13), {1, 3, 4}) == Loss(4, 1, 1, 3.0)


def test_if_nothing_is_left_it_costs_all_of_it() -> None:
    assert count_loss(told(10, 11, 12), set()) == Loss(3, 3, 0, 2.0)


def test_what_was_found_without_a_promise_is_no_gain() -> None:
    assert count_loss(told(1, 2), {1, 2, 3, 99}) == Loss(2, 0, 0, 0.0)
