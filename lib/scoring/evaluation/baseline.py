"""What scorers are compared with besides vader@1. No part of the product scores by them.

Loughran and McDonald's word lists make a scorer: the share of positive words less that of negative ones among the
listed words of a text. The lists may not be shipped and are read from a file.
"""

import csv
import gzip
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from lib.domain.sentiment import Label, Score
from lib.errors import ConfigurationError
from lib.scoring.evaluation.figures import LABELS
from lib.scoring.verdict import label_of

_WORD = re.compile("[a-z]+")

MAJORITY = "most frequent label"


class LoughranMcDonald:
    """Counts listed words."""

    name = "Loughran-McDonald"

    def __init__(self, file: Path) -> None:
        """`file`: a gzipped CSV with `word` and `category`. Raises ConfigurationError if it is anything else."""
        self._valences: dict[str, int] = {}
        try:
            with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
                for row in csv.DictReader(lines):
                    kind = row["category"].lower()
                    if kind in ("positive", "negative"):
                        self._valences[row["word"].lower()] = 1 if kind == "positive" else -1
        except (OSError, EOFError, ValueError, KeyError, AttributeError) as error:
            raise ConfigurationError(
                f"{file} is no word list: {error!r}.",
                hint="It must be a gzipped CSV with the columns word and category.",
            ) from None

    def score(self, text: str, *, lang: str | None = None) -> Score:
        """The score of `text`, without reasons."""
        hits = [self._valences[word] for word in _WORD.findall(text.lower()) if word in self._valences]
        value = sum(hits) / len(hits) if hits else 0.0
        return Score(value, label_of(value), value, ())


def majority(truth: Sequence[Label]) -> Label:
    """The label that most of `truth` has: what one would answer who knows the set, and has not read the text."""
    counts = Counter(truth)
    return max(LABELS, key=lambda label: counts[label])
