"""One spelling for matching: compatibility forms folded, the invisible gone, and spans that point into the original.

It keeps case, and knows neither words nor languages. Folding is Unicode's NFKC but for loose Hangul jamo, which NFKC
would make unrecognisable as typed letters, and for lone surrogates, which become U+FFFD. Spans are code points
[start, end) of the text as given.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_RANGES = (
    *(
        (0x00A0, 0x00A0),
        (0x00AD, 0x00AD),
        (0x0130, 0x0130),
    ),  # no-break space, soft hyphen, and İ: its small form is two long
    *((0x0300, 0x036F), (0x1100, 0x11FF)),  # decomposed accents and Hangul
    *((0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x2069), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF)),  # what cannot be seen
    *((0x2100, 0x214F), (0x2460, 0x24FF), (0xFB00, 0xFB06), (0x1D400, 0x1D7FF)),  # letters in fancy dress
    (0xD800, 0xDFFF),  # halves of a character whose other half is missing
    *((0x3000, 0x3000), (0xFE50, 0xFE6F), (0xFF01, 0xFFEE)),  # full and half width
)
_ONE_FOLDABLE = "[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in _RANGES) + "]"
# a text without any of these is its own fold; looking for one is several times as fast as looking for a run
_ANY_FOLDABLE = re.compile(_ONE_FOLDABLE)
_FOLDABLE = re.compile(f"{_ONE_FOLDABLE}+")
_QUOTES = str.maketrans("‘’", "''")


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
    plain = text.replace("’", "'").replace("‘", "'")
    if _ANY_FOLDABLE.search(text) is None:
        return Folded(plain, None, None)
    run = _FOLDABLE.search(text)
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    while run is not None:
        first, last = _whole(text, run.start(), run.end(), done)
        pieces.append(plain[done:first])
        starts.extend(range(done, first))
        ends.extend(range(done + 1, first + 1))
        for start, end in _clusters(text, first, last):
            piece = _fold_cluster(text[start:end])
            pieces.append(piece)
            starts.extend([start] * len(piece))
            ends.extend([end] * len(piece))
        done = last
        run = _FOLDABLE.search(text, done)
    pieces.append(plain[done:])
    starts.extend(range(done, len(text)))
    ends.extend(range(done + 1, len(text) + 1))
    return Folded("".join(pieces), starts, ends)


def _whole(text: str, start: int, end: int, least: int) -> tuple[int, int]:
    """[start, end) and what combines with its first and last character; not before `least`."""
    while start > least and _joins(text[start]):
        start -= 1
    while end < len(text) and _joins(text[end]):
        end += 1
    return start, end


def _clusters(text: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Spans of [first, last) that may be folded each by itself: a character with what combines with it."""
    start = first
    for index in range(first + 1, last):
        if not _joins(text[index]):
            yield start, index
            start = index
    yield start, last


def _joins(character: str) -> bool:
    return character >= "\u0300" and (
        unicodedata.combining(character) != 0 or "\u1160" <= character <= "\u11ff" or "\uff9e" <= character <= "\uff9f"
    )


def _fold_cluster(cluster: str) -> str:
    if _ANY_FOLDABLE.search(cluster) is None:
        return cluster.translate(_QUOTES)
    folded = unicodedata.normalize("NFKC", cluster).translate(_QUOTES).replace("İ", "I")
    if folded.isprintable():
        return folded
    return "".join(
        "\ufffd" if unicodedata.category(c) == "Cs" else c for c in folded if unicodedata.category(c) != "Cf"
    )
