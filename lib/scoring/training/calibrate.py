"""From margins to probabilities and labels: one slope, two biases and a threshold, chosen on held-out texts. It does not
know where margins come from.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from lib.scoring.training.matrix import Floats, Integers

_SLOPES = tuple(round(0.5 + 0.1 * step, 1) for step in range(46))
_THRESHOLDS = tuple(round(0.02 * step, 2) for step in range(2, 31))
_ROUNDS = 200


class Calibration(NamedTuple):
    """Log odds against neutral are `slope` times the difference of margins plus a bias; a label needs |p+ - p-| of at
    least `threshold`.
    """

    slope: float
    biases: tuple[float, float]
    threshold: float


def calibrate(margins: Floats, labels: Integers, sets: Sequence[str], slope: float | None = None) -> Calibration:
    """The most likely slope (unless given) and biases, and the threshold of the best mean macro-F1 over `sets`."""
    best: tuple[float, float, tuple[float, float]] | None = None
    for tried in _SLOPES if slope is None else (slope,):
        biases = _biases(margins, labels, tried)
        chance = probabilities(margins, tried, biases)[np.arange(len(labels)), labels]
        loss = -float(np.add.reduce(np.log(np.maximum(chance, 1e-12))))
        if best is None or loss < best[0] - 1e-9:
            best = (loss, tried, biases)
    assert best is not None
    _, found, biases = best
    chances = probabilities(margins, found, biases)
    difference = chances[:, 0] - chances[:, 2]
    names = sorted(set(sets))
    where = [np.array([name == wanted for name in sets]) for wanted in names]
    quality = [
        sum(macro_f1(labels[at], decide(difference[at], threshold)) for at in where) for threshold in _THRESHOLDS
    ]
    return Calibration(found, biases, _THRESHOLDS[int(np.argmax(quality))])


def probabilities(margins: Floats, slope: float, biases: tuple[float, float]) -> Floats:
    """Of positive, neutral and negative, a row each."""
    logits = slope * margins + np.array([biases[0], 0.0, biases[1]])
    logits = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: Floats = logits / logits.sum(axis=1, keepdims=True)
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


def _biases(margins: Floats, labels: Integers, slope: float) -> tuple[float, float]:
    """Those with which the mean probabilities are the shares of the labels."""
    biases = np.zeros(2)
    share = np.array([np.mean(labels == 0), np.mean(labels == 1), np.mean(labels == 2)])
    share = np.maximum(share, 1e-3)
    for _ in range(_ROUNDS):
        mean = probabilities(margins, slope, (float(biases[0]), float(biases[1]))).mean(axis=0)
        step = np.log(share / mean)
        biases += np.array([step[0] - step[1], step[2] - step[1]])
        if float(np.abs(step).max()) < 1e-7:
            break
    return round(float(biases[0]), 4), round(float(biases[1]), 4)
