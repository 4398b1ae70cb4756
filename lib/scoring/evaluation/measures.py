"""Accuracy, F1, confusion and calibration of given labels against true ones, with bootstrap intervals. It does not know
who gave the labels.
"""

from collections.abc import Sequence

import numpy as np

from lib.domain.sentiment import Label
from lib.scoring.evaluation.figures import LABELS, ClassFigures, Figures

_TRUTH = {"positive": 1.0, "neutral": 0.0, "negative": -1.0}
_RESAMPLES = 2000
_SEED = 20260302
_BINS = 10
_DIGITS = 4


def measure(truth: Sequence[Label], given: Sequence[Label], values: Sequence[float]) -> Figures:
    """The figures of labels and values that were given to texts of known labels."""
    place = {label: index for index, label in enumerate(LABELS)}
    confusion = np.zeros((len(LABELS), len(LABELS)), dtype=np.int64)
    for true, label in zip(truth, given, strict=True):
        confusion[place[true], place[label]] += 1
    drawn = np.random.default_rng(_SEED).multinomial(
        len(truth), confusion.ravel() / max(1, len(truth)), size=_RESAMPLES
    )
    resampled = [cells.reshape(confusion.shape) for cells in drawn]
    there = [index for index, label in enumerate(LABELS) if label in truth]
    return Figures(
        texts=len(truth),
        accuracy=_rounded(_accuracy(confusion)),
        accuracy_interval=_interval([_accuracy(cells) for cells in resampled]),
        macro_f1=_rounded(_macro_f1(confusion, there)),
        macro_f1_interval=_interval([_macro_f1(cells, there) for cells in resampled]),
        calibration_error=_rounded(_calibration_error(truth, values)),
        classes={LABELS[index]: _class(confusion, index) for index in there},
        confusion=tuple((int(row[0]), int(row[1]), int(row[2])) for row in confusion),
    )


def _accuracy(confusion: np.ndarray) -> float:
    return float(np.trace(confusion)) / max(1, int(confusion.sum()))


def _macro_f1(confusion: np.ndarray, there: Sequence[int]) -> float:
    scores = [2 * confusion[i, i] / max(1, confusion[i].sum() + confusion[:, i].sum()) for i in there]
    return float(sum(scores)) / max(1, len(scores))


def _class(confusion: np.ndarray, index: int) -> ClassFigures:
    right, true, given = int(confusion[index, index]), int(confusion[index].sum()), int(confusion[:, index].sum())
    return ClassFigures(
        texts=true,
        precision=_rounded(right / max(1, given)),
        recall=_rounded(right / max(1, true)),
        f1=_rounded(2 * right / max(1, true + given)),
    )


def _calibration_error(truth: Sequence[Label], values: Sequence[float]) -> float:
    bins: dict[int, list[tuple[float, float]]] = {}
    for label, value in zip(truth, values, strict=True):
        bins.setdefault(min(_BINS - 1, int((value + 1) / 2 * _BINS)), []).append((value, _TRUTH[label]))
    return sum(abs(sum(value - true for value, true in found)) for found in bins.values()) / max(1, len(truth))


def _interval(values: Sequence[float]) -> tuple[float, float]:
    low, high = np.quantile(np.array(values), (0.025, 0.975))
    return _rounded(float(low)), _rounded(float(high))


def _rounded(value: float) -> float:
    return round(value, _DIGITS)
