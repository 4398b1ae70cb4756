"""From margins to labels: the threshold that is best on held-out texts. It does not know where margins come from."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lib.scoring.training.matrix import Floats, Integers

# what cross-fitting cannot tell apart
_NEXT_TO = 0.002
_THRESHOLDS = tuple(round(0.02 * step, 2) for step in range(2, 31))


def best_threshold(odds: Floats, labels: Integers, sets: Sequence[str]) -> float:
    """The lowest threshold of `decide` whose mean macro-F1 over `sets` is next to the best; `odds`: a row of three for
    each text. The lowest, because texts of other kinds are called neutral more seldom than those learned from.
    """
    chances = probabilities(odds)
    difference = chances[:, 0] - chances[:, 2]
    where = [np.array([name == wanted for name in sets]) for wanted in sorted(set(sets))]
    quality = [
        sum(macro_f1(labels[at], decide(difference[at], threshold)) for at in where) / len(where)
        for threshold in _THRESHOLDS
    ]
    return next(
        threshold for threshold, found in zip(_THRESHOLDS, quality, strict=True) if found >= max(quality) - _NEXT_TO
    )


def probabilities(odds: Floats) -> Floats:
    """Of positive, neutral and negative, a row each."""
    powers = np.exp(odds - odds.max(axis=1, keepdims=True))
    result: Floats = powers / powers.sum(axis=1, keepdims=True)
    return result


def decide(difference: Floats, threshold: float) -> Integers:
    """0 positive, 1 neutral, 2 negative."""
    result: Integers = np.where(difference >= threshold, 0, np.where(difference <= -threshold, 2, 1))
    return result


def macro_f1(truth: Integers, given: Integers) -> float:
    """The mean over the labels of `truth` of the harmonic mean of precision and recall."""
    scores = []
    for label in np.unique(truth):
        right: Any = np.sum((truth == label) & (given == label))
        total: Any = np.sum(truth == label) + np.sum(given == label)
        scores.append(2 * float(right) / float(total))
    return sum(scores) / len(scores)
