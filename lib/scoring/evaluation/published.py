"""The figures that come with the package, as `make evaluate` wrote them. It does not measure.

The file holds figures alone, none of the texts that were measured on.
"""

import re
from functools import cache
from importlib import resources
from typing import Annotated

import msgspec
from msgspec import Meta

from lib.scoring.evaluation.figures import LabelledSet, ScorerFigures
from lib.tickers.figures import TickerAccuracy

FILE = "accuracy.json"

_INNERMOST = re.compile(rb"[\[{][^\[\]{}]*[\]}]")
_BREAK = re.compile(rb"\n *")


class FinderFigures(msgspec.Struct, frozen=True):
    """How right one way of finding stocks in posts is."""

    name: Annotated[str, Meta(examples=["InsiteChart", "cashtags alone"])]
    figures: TickerAccuracy


class Published(msgspec.Struct, frozen=True):
    """What was measured, on the held-out split of each set. `missing` has a sentence for each thing that was not."""

    sets: tuple[LabelledSet, ...] = ()
    scorers: tuple[ScorerFigures, ...] = ()
    baselines: tuple[ScorerFigures, ...] = ()
    tickers: tuple[FinderFigures, ...] = ()
    missing: tuple[str, ...] = ()


@cache
def published() -> Published:
    """The figures of the package."""
    return read((resources.files(__package__) / FILE).read_bytes())


def read(data: bytes) -> Published:
    """Figures from the bytes of their file."""
    return msgspec.json.decode(data, type=Published)


def write(figures: Published) -> bytes:
    """The bytes of the file, the same for the same figures."""
    lines = msgspec.json.format(msgspec.json.encode(figures), indent=1)
    # what holds nothing else takes one line, so that a changed figure is one changed line and not lost among thousands
    return _INNERMOST.sub(lambda found: _BREAK.sub(b"", found[0]), lines) + b"\n"


def figures_of(scorer: str) -> ScorerFigures | None:
    """The figures of `scorer`; None where it was not measured."""
    return next((figures for figures in published().scorers if figures.name == scorer), None)
