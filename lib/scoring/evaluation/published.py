"""The figures that come with the package, as `make evaluate` wrote them. It does not measure.

Scorers and resolvers add their figures under their own name: `scorers` by scorer and set, `tickers` by resolver and set.
"""

from functools import cache
from importlib import resources

import msgspec

from lib.scoring.evaluation.figures import Figures

FILE = "accuracy.json"


class TickerFigures(msgspec.Struct, frozen=True):
    """Of a resolver on one set: the share of its symbols that are right, and of the right ones that it found."""

    texts: int
    precision: float
    recall: float


class Published(msgspec.Struct, frozen=True):
    """What was measured, on the named split of each set."""

    split: str
    scorers: dict[str, dict[str, Figures]]
    tickers: dict[str, dict[str, TickerFigures]] = {}


@cache
def published() -> Published:
    """The figures of the package."""
    return msgspec.json.decode((resources.files(__package__) / FILE).read_bytes(), type=Published)


def overall_accuracy(scorer: str) -> float | None:
    """The mean accuracy of `scorer` over all sets, each counting once; None where it was not measured."""
    sets = published().scorers.get(scorer)
    return round(sum(figures.accuracy for figures in sets.values()) / len(sets), 4) if sets else None
