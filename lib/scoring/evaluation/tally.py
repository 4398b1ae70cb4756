"""Counts how labels and values that were given to texts meet the true ones. It does not know what is made of that.

Each text is a row of whole numbers that may be added up: nine of the confusion, true label by given label; then of each
bin of the value its number of texts, the sum of their values in ten-thousandths, and the sum of their truths.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lib.bootstrap import Numbers
from lib.domain.sentiment import Label
from lib.scoring.evaluation.figures import LABELS

BINS = 10
VALUE_UNITS = 10_000

_PLACE = {label: place for place, label in enumerate(LABELS)}
_TRUTH = {"positive": 1, "neutral": 0, "negative": -1}
_CELLS = len(LABELS) ** 2
_COLUMNS = _CELLS + 3 * BINS


class Judged(NamedTuple):
    """One thing that has a label: what is true of it, and what a scorer says."""

    truth: Label
    given: Label
    value: float


def tally(texts: Sequence[Sequence[Judged]]) -> Numbers:
    """A row for each text: of the text itself, or of all its entities together."""
    counts = np.zeros((len(texts), _COLUMNS))
    for row, judged in zip(counts, texts, strict=True):
        for one in judged:
            row[_PLACE[one.truth] * len(LABELS) + _PLACE[one.given]] += 1
            at = _CELLS + 3 * bin_of(one.value)
            row[at : at + 3] += (1, round(one.value * VALUE_UNITS), _TRUTH[one.truth])
    return counts


def bin_of(value: float) -> int:
    """Which of the BINS equal parts of [-1, 1] a value is in; each has its lower end, and the last one both."""
    # in whole units, for 0.2 is no binary fraction
    return min(BINS - 1, (round(value * VALUE_UNITS) + VALUE_UNITS) * BINS // (2 * VALUE_UNITS))


def confusion(sums: Numbers) -> Numbers:
    """The confusion of rows of sums: true label by given label, in two last dimensions."""
    return sums[..., :_CELLS].reshape(*sums.shape[:-1], len(LABELS), len(LABELS))


def bins(sums: Numbers) -> Numbers:
    """The bins of rows of sums: bin by (texts, sum of values, sum of truths), in two last dimensions."""
    return sums[..., _CELLS:].reshape(*sums.shape[:-1], BINS, 3)
