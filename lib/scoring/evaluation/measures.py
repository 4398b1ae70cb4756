"""From counts to accuracy, F1, confusion and calibration with their intervals. It does not know who gave the labels."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from lib.bootstrap import Numbers, interval, interval_of_share, resampled_sums, rounded, share
from lib.scoring.evaluation.figures import LABELS, ClassFigures, Difference, Overall, Reliability, SetFigures
from lib.scoring.evaluation.tally import BINS, VALUE_UNITS, Judged, bins, confusion, tally

Estimate = tuple[float, tuple[float, float]]


class Measured(NamedTuple):
    """The counts of a scorer on one set: added up once, and over again for each resampling of the texts."""

    name: str
    whole: Numbers
    resampled: Numbers


def measure(name: str, texts: Sequence[Sequence[Judged]]) -> Measured:
    """The counts of texts, whose entities are resampled together. The set's `name` decides which texts are drawn, so
    that all scorers are measured on the same.
    """
    counts = tally(texts)
    return Measured(name, counts.sum(axis=0), resampled_sums(counts, name))


def figures_of(of: Measured, vader: Measured | None, *, learned_from: bool) -> SetFigures:
    """The figures of one set; `vader` is what vader@1 is measured to be on it."""
    whole = confusion(of.whole)
    return SetFigures(
        of.name,
        learned_from,
        int(whole.sum()),
        *_estimate(of, _accuracy),
        *_estimate(of, lambda sums: _macro_f1(sums, of)),
        *_estimate(of, _calibration_error),
        over_vader=None if vader is None else _difference([of], [vader]),
        classes=tuple(_class(of, place) for place in range(len(LABELS))),
        calibration=_calibration(of.whole, of.resampled),
    )


def overall(of: Sequence[Measured], vader: Sequence[Measured] | None) -> Overall | None:
    """The mean of several sets, each counting once; None without any. `vader` is of the same sets."""
    if not of:
        return None
    together = Measured("", np.sum([one.whole for one in of], axis=0), np.sum([one.resampled for one in of], axis=0))
    return Overall(
        tuple(one.name for one in of),
        *_published(*_mean(of, _accuracy_of)),
        *_published(*_mean(of, _macro_f1_of)),
        over_vader=None if vader is None else _difference(of, vader),
        calibration_error=_estimate(together, _calibration_error)[0],
        calibration_error_interval=_estimate(together, _calibration_error)[1],
        calibration=_calibration(together.whole, together.resampled),
    )


def _accuracy(sums: Numbers) -> Numbers:
    cells = confusion(sums)
    return share(np.trace(cells, axis1=-2, axis2=-1), cells.sum(axis=(-2, -1)))


def _f1(sums: Numbers) -> Numbers:
    cells = confusion(sums)
    right = np.diagonal(cells, axis1=-2, axis2=-1)
    return share(2 * right, cells.sum(axis=-1) + cells.sum(axis=-2))


def _macro_f1(sums: Numbers, of: Measured) -> Numbers:
    """Over the labels that the set has, whether or not a resampling has them."""
    there = confusion(of.whole).sum(axis=-1) > 0
    mean: Numbers = _f1(sums)[..., there].mean(axis=-1)
    return mean


def _calibration_error(sums: Numbers) -> Numbers:
    parts = bins(sums)
    apart = np.abs(parts[..., 1] / VALUE_UNITS - parts[..., 2])
    return share(apart.sum(axis=-1), parts[..., 0].sum(axis=-1))


def _accuracy_of(of: Measured) -> tuple[Numbers, Numbers]:
    return _accuracy(of.whole), _accuracy(of.resampled)


def _macro_f1_of(of: Measured) -> tuple[Numbers, Numbers]:
    return _macro_f1(of.whole, of), _macro_f1(of.resampled, of)


def _mean(of: Sequence[Measured], figure: Callable[[Measured], tuple[Numbers, Numbers]]) -> tuple[Numbers, Numbers]:
    each = [figure(one) for one in of]
    return np.mean([whole for whole, _ in each], axis=0), np.mean([resampled for _, resampled in each], axis=0)


def _difference(ours: Sequence[Measured], theirs: Sequence[Measured]) -> Difference:
    def apart(figure: Callable[[Measured], tuple[Numbers, Numbers]]) -> Estimate:
        (whole, resampled), (their_whole, their_resampled) = _mean(ours, figure), _mean(theirs, figure)
        return _published(whole - their_whole, resampled - their_resampled)

    return Difference(*apart(_accuracy_of), *apart(_macro_f1_of))


def _class(of: Measured, place: int) -> ClassFigures:
    row = confusion(of.whole)[place]
    return ClassFigures(
        LABELS[place],
        int(row.sum()),
        *_share(of, place, -2),
        *_share(of, place, -1),
        *_estimate(of, lambda sums: _f1(sums)[..., place]),
        called={label: int(count) for label, count in zip(LABELS, row, strict=True)},
    )


def _share(of: Measured, place: int, axis: int) -> Estimate:
    """The share of what is right among the texts that were given the label (over the true ones), or that have it."""
    whole, resampled = confusion(of.whole), confusion(of.resampled)
    return (
        rounded(share(whole[place, place], whole.sum(axis=axis)[place]).item()),
        interval_of_share(resampled[:, place, place], resampled.sum(axis=axis)[:, place]),
    )


def _calibration(whole: Numbers, resampled: Numbers) -> tuple[Reliability, ...]:
    texts, values, truths = bins(whole).T
    drawn = bins(resampled)
    return tuple(
        Reliability(
            rounded(2 * place / BINS - 1),
            rounded(2 * (place + 1) / BINS - 1),
            int(texts[place]),
            rounded(values[place] / VALUE_UNITS / texts[place]),
            rounded(truths[place] / texts[place]),
            interval_of_share(drawn[:, place, 2], drawn[:, place, 0]),
        )
        for place in range(BINS)
        if texts[place]
    )


def _estimate(of: Measured, figure: Callable[[Numbers], Numbers]) -> Estimate:
    return _published(figure(of.whole), figure(of.resampled))


def _published(whole: Numbers, resampled: Numbers) -> Estimate:
    return rounded(float(whole)), interval(resampled)
