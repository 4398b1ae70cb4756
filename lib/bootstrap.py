"""How surely a figure is known: what it would be had chance drawn other samples. It does not know what is counted.

Samples are drawn whole, with repetition, as many as there are; so what belongs to one sample stays together. The same
samples in the same order are drawn for the same seed, whatever is counted in them: two ways of reading the same texts
can be compared pair by pair. Counts are whole numbers, and their sums exact, on any machine.
"""

from zlib import crc32

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

RESAMPLES = 2000
_DIGITS = 4


def resampled_sums(counts: Numbers, seed: str) -> Numbers:
    """A row of sums of the columns of `counts` for each of RESAMPLES drawings of its rows; `seed` is any name."""
    samples = len(counts)
    sums = np.zeros((RESAMPLES, counts.shape[1]))
    if samples:
        # of numpy's generators this is the one whose numbers no later version may change
        dice = np.random.RandomState(crc32(seed.encode()))
        for row in sums:
            drawn = np.bincount(dice.randint(0, samples, size=samples), minlength=samples)
            row[:] = drawn @ counts
    return sums


def interval(figures: Numbers) -> tuple[float, float]:
    """What 95 % of the resampled figures lie between."""
    low, high = np.quantile(figures, (0.025, 0.975))
    return rounded(low), rounded(high)


def interval_of_share(part: Numbers, whole: Numbers) -> tuple[float, float]:
    """What 95 % of the resampled shares lie between. A resampling without any `whole` says nothing, and is left out."""
    there = whole > 0
    return interval(part[there] / whole[there]) if there.any() else (0.0, 0.0)


def rounded(figure: float) -> float:
    """A figure as it is published: four digits, and no negative zero."""
    return round(float(figure), _DIGITS) + 0.0


def share(part: Numbers, whole: Numbers) -> Numbers:
    """`part` of `whole`, element by element; a share of nothing is 0."""
    return np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=whole != 0)
