"""One spelling for matching: compatibility forms folded, the invisible gone, and spans that point into the original.

It keeps case, and knows neither words nor languages. Folding is Unicode's NFKC but for loose Hangul jamo, which NFKC
would make unrecognisable as typed letters. Spans are code points [start, end) of the text as given.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

# full-width and half-width forms, letters that look like others, decomposed accents and Hangul, what cannot be seen,
# and İ, whose lower case has two code points: texts without any of these are their own fold
_FOLDABLE = re.compile(
    "[\u00a0\u00ad\u0130\u0300-\u036f\u1100-\u11ff\u2000-\u200f\u2028-\u202f\u205f-\u2064\u2066-\u2069\u2100-\u214f\u2460-\u24ff"
    "\u3000\ufb00-\ufb06\ufe00-\ufe0f\ufe50-\ufe6f\ufeff\uff01-\uffee\U0001d400-\U0001d7ff]"
)
_QUOTES = str.maketrans("‘’‛ʼ＇", "'''''")


class Folded(NamedTuple):
    """A text ready for matching; `starts` and `ends` give each code point its span in the original (None: itself)."""

    text: str
    starts: Sequence[int] | None
    ends: Sequence[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The code points [start, end) of the folded text, as a span of the original."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    r"""`text` in one spelling, in its own case; linear in its length.

    >>> fold("＄ＡＡＰＬ").text, fold("Macy’s").text
    ('$AAPL', "Macy's")
    >>> decomposed = fold("\u1109\u1161\u11b7")
    >>> decomposed.text, decomposed.span(0, 1)
    ('삼', (0, 3))
    """
    if text.isascii():
        return Folded(text, None, None)
    if _FOLDABLE.search(text) is None:
        return Folded(text.translate(_QUOTES) if "’" in text or "‘" in text else text, None, None)
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(text):
        piece = _fold_cluster(text[start:end])
        pieces.append(piece)
        starts.extend([start] * len(piece))
        ends.extend([end] * len(piece))
    return Folded("".join(pieces), starts, ends)


def _clusters(text: str) -> list[tuple[int, int]]:
    """Spans that may be folded each by itself: a character with what combines with it."""
    spans: list[tuple[int, int]] = []
    start = 0
    for index in range(1, len(text)):
        character = text[index]
        if character < "\u0300" or not _joins(character):
            spans.append((start, index))
            start = index
    if text:
        spans.append((start, len(text)))
    return spans


def _joins(character: str) -> bool:
    return (
        unicodedata.combining(character) != 0 or "\u1160" <= character <= "\u11ff" or "\uff9e" <= character <= "\uff9f"
    )


def _fold_cluster(cluster: str) -> str:
    if _FOLDABLE.search(cluster) is None:
        return cluster.translate(_QUOTES)
    folded = unicodedata.normalize("NFKC", cluster).translate(_QUOTES).replace("İ", "I")
    if folded.isprintable():
        return folded
    return "".join(c for c in folded if unicodedata.category(c) != "Cf")
