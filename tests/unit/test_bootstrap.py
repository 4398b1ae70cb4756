"""Intervals are those of resampled samples: repeatable, exact, and about as wide as they should be."""

import numpy as np
import pytest

from lib.bootstrap import RESAMPLES, interval, interval_of_share, resampled_sums, rounded, share


def test_samples_are_drawn_whole_and_as_many_as_there_are() -> None:
    # the second column belongs to the first: they can only be drawn together
    counts = np.array([[1.0, 10.0], [1.0, 0.0], [1.0, 5.0]])
    sums = resampled_sums(counts, "a set")
    assert sums.shape == (RESAMPLES, 2)
    assert set(sums[:, 0]) == {3.0}
    assert {value % 5 for value in sums[:, 1]} == {0.0}
    assert len(set(sums[:, 1])) > 3


def test_the_same_samples_are_drawn_whatever_is_counted() -> None:
    one, other = np.arange(7.0).reshape(-1, 1), np.arange(7.0).reshape(-1, 1) * 2
    assert (resampled_sums(one, "a set") * 2 == resampled_sums(other, "a set")).all()
    assert (resampled_sums(one, "a set") != resampled_sums(one, "another")).any()


def test_the_drawings_never_change() -> None:
    # published figures hang on it: another number here means another docs/accuracy.md
    sums = resampled_sums(np.arange(1.0, 6.0).reshape(-1, 1), "a set")
    assert sums[:5, 0].tolist() == [19.0, 16.0, 14.0, 19.0, 11.0]


def test_an_interval_is_as_wide_as_theory_says() -> None:
    low, high = interval(share(resampled_sums(np.repeat([[1.0], [0.0]], 200, axis=0), "coin")[:, 0], np.array(400.0)))
    assert (low, high) == (pytest.approx(0.451, abs=0.006), pytest.approx(0.549, abs=0.006))


def test_a_resampling_without_a_whole_says_nothing_of_its_share() -> None:
    assert interval_of_share(np.array([1.0, 0.0, 2.0]), np.array([1.0, 0.0, 2.0])) == (1.0, 1.0)
    assert interval_of_share(np.zeros(3), np.zeros(3)) == (0.0, 0.0)


def test_nothing_is_no_error() -> None:
    assert resampled_sums(np.zeros((0, 2)), "empty").sum() == 0
    assert share(np.array([1.0, 0.0]), np.array([2.0, 0.0])).tolist() == [0.5, 0.0]
    assert str(rounded(-0.00001)) == "0.0"
