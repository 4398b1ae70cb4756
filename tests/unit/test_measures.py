"""The measures are the usual ones."""

import pytest

from lib.domain.sentiment import Label
from lib.scoring.evaluation.figures import SetFigures
from lib.scoring.evaluation.measures import figures_of, measure, overall
from lib.scoring.evaluation.tally import BINS, Judged, bin_of

P: Label = "positive"
O: Label = "neutral"  # noqa: E741 - nothing, between the two
N: Label = "negative"


def _figures(*texts: list[Judged]) -> SetFigures:
    return figures_of(measure("a set", texts), None, learned_from=False)


def test_figures_of_a_known_confusion() -> None:
    found = _figures([Judged(P, P, 0.9)], [Judged(P, O, 0.0)], [Judged(O, O, 0.0)], [Judged(N, P, 0.9)])
    assert (found.texts, found.accuracy) == (4, 0.5)
    assert found.macro_f1 == pytest.approx((0.5 + 2 / 3 + 0) / 3, abs=1e-4)
    assert [one.called for one in found.classes] == [
        {"positive": 1, "neutral": 1, "negative": 0},
        {"positive": 0, "neutral": 1, "negative": 0},
        {"positive": 1, "neutral": 0, "negative": 0},
    ]
    assert [(one.precision, one.recall, one.f1) for one in found.classes] == [
        (0.5, 0.5, 0.5),
        (0.5, 1.0, 0.6667),
        (0.0, 0.0, 0.0),
    ]
    assert found.accuracy_interval[0] <= 0.5 <= found.accuracy_interval[1]
    assert found.calibration_error == pytest.approx((abs(1.8 - 0) + abs(0 - 1)) / 4)


def test_a_label_that_the_set_lacks_is_no_part_of_macro_f1() -> None:
    found = _figures([Judged(P, P, 0.5)], [Judged(N, O, 0.0)], [Judged(N, N, -0.5)])
    assert found.macro_f1 == pytest.approx((1 + 2 / 3) / 2, abs=1e-4)
    assert found.classes[1].texts == 0


def test_calibration_has_the_mean_value_and_truth_of_each_bin() -> None:
    found = _figures([Judged(P, P, 0.5)], [Judged(N, P, 0.59)], [Judged(P, P, 1.0)], [Judged(O, N, -1.0)])
    assert [(one.low, one.high, one.texts, one.value, one.truth) for one in found.calibration] == [
        (-1.0, -0.8, 1, -1.0, 0.0),
        (0.4, 0.6, 2, 0.545, 0.0),
        (0.8, 1.0, 1, 1.0, 1.0),
    ]
    assert found.calibration[1].truth_interval == (-1.0, 1.0)


@pytest.mark.parametrize(
    ("value", "place"), [(-1.0, 0), (-0.8, 1), (-0.8001, 0), (0.0, 5), (0.2, 6), (0.6, 8), (1.0, BINS - 1)]
)
def test_a_bin_has_its_lower_end(value: float, place: int) -> None:
    assert bin_of(value) == place


def test_entities_of_one_text_are_drawn_together() -> None:
    # as far as chance knows there are two samples, not forty: a resampling has all, half or none of it right
    found = _figures([Judged(P, P, 0.5)] * 20, [Judged(P, O, 0.0)] * 20)
    assert (found.texts, found.accuracy, found.accuracy_interval) == (40, 0.5, (0.0, 1.0))


def test_a_difference_is_taken_in_pairs() -> None:
    # of 100 texts both know 50; ours knows one more, and loses none: the difference cannot be negative
    theirs = [[Judged(P, P if number < 50 else O, 0.0)] for number in range(100)]
    ours = [[Judged(P, P if number < 51 else O, 0.0)] for number in range(100)]
    found = figures_of(measure("a set", ours), measure("a set", theirs), learned_from=True)
    assert found.over_vader is not None
    assert found.over_vader.accuracy == 0.01
    assert found.over_vader.accuracy_interval[0] == 0.0
    assert found.over_vader.accuracy_interval[1] <= 0.04
    assert found.learned_from


def test_each_set_counts_once_overall() -> None:
    large = measure("large", [[Judged(P, P, 1.0)]] * 90)
    small = measure("small", [[Judged(P, O, 0.0)]] * 10)
    found = overall([large, small], [small, small])
    assert found is not None
    assert (found.sets, found.accuracy) == (("large", "small"), 0.5)
    assert found.over_vader is not None
    assert found.over_vader.accuracy == 0.5
    assert [(one.texts, one.value, one.truth) for one in found.calibration] == [(10, 0.0, 1.0), (90, 1.0, 1.0)]
    assert overall([], None) is None


def test_the_same_texts_have_the_same_figures() -> None:
    texts = [[Judged(P, P if number % 3 else N, 0.1)] for number in range(50)]
    assert _figures(*texts) == _figures(*texts)
