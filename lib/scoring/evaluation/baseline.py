"""Loughran and McDonald's word lists as a scorer to compare with: the share of positive words less that of negative
ones. The lists may not be shipped and are read from a file; this is no scorer of the product.
"""

import csv
import gzip
import re
from pathlib import Path

from lib.domain.sentiment import Score
from lib.scoring.verdict import label_of

_WORD = re.compile("[a-z]+")


class LoughranMcDonald:
    """Counts listed words."""

    name = "Loughran-McDonald"
    accuracy: float | None = None

    def __init__(self, file: Path) -> None:
        self._valences: dict[str, int] = {}
        with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                kind = row["category"].lower()
                if kind in ("positive", "negative"):
                    self._valences[row["word"].lower()] = 1 if kind == "positive" else -1

    def score(self, text: str, *, lang: str | None = None) -> Score:
        """The score of `text`, without reasons."""
        hits = [self._valences[word] for word in _WORD.findall(text.lower()) if word in self._valences]
        value = sum(hits) / len(hits) if hits else 0.0
        return Score(value, label_of(value), value, ())
