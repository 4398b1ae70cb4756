"""The learned weights: read from their file, and summed over a text. It does not know how they were learned.

Every feature has two weights: how much it speaks for positive against neutral, and for negative against neutral. The
sums are divided by the root of the sum of squares of the features' values, so that long texts do not shout.
"""

import math
import sys
from array import array
from collections.abc import Sequence
from importlib import resources
from typing import NamedTuple

import msgspec
import zstandard

from lib.scoring.finance.about import nearness, of_mention
from lib.scoring.finance.features import Feature, Reading, between_words, of_phrase, of_text, of_whole, of_word
from lib.scoring.finance.words import Sums, Word, Words

FILE = "finance-1.msgpack.zst"


_SAID = (0.0, 0.0, 0.0, 0.0)


class Stored(msgspec.Struct, frozen=True):
    """The file. Weights are multiples of `step`, two bytes each, little-endian, in the order of `features`."""

    scorer: str
    seed: int
    features: tuple[str, ...]
    positive: bytes
    negative: bytes
    step: float
    intercepts: tuple[float, float]
    mention_intercepts: tuple[float, float]
    threshold: float
    mention_threshold: float
    common: tuple[str, ...]


class Weighed(NamedTuple):
    """What a text says: for each word and for the rest, evidence for positive and for negative, before the scale."""

    reading: Reading
    positive: list[float]
    negative: list[float]
    squares: list[float]
    rest: Sums
    heard: bool


class Pulled(NamedTuple):
    """What a text says: for each word how far it pulls towards positive, before the scale; and the log odds of positive
    and of negative against neutral, after it.
    """

    reading: Reading
    pulls: list[float]
    scale: float
    positive: float
    negative: float
    heard: bool


class Weights:
    """The weights in memory. Safe for several threads."""

    def __init__(self, stored: Stored) -> None:
        self.stored = stored
        positive, negative = _numbers(stored.positive, stored.step), _numbers(stored.negative, stored.step)
        self.table: dict[Feature, tuple[float, float, float]] = {
            tuple(name.split(" ")): (up, down, (up - down) / 2)
            for name, up, down in zip(stored.features, positive, negative, strict=True)
        }
        self.words = Words(frozenset(stored.common))
        self._phrases: dict[tuple[str, int], Sums] = {}

        self._wholes: dict[tuple[int, ...], Sums] = {}

    def weigh(self, words: Sequence[Word]) -> Weighed:
        """The evidence of each of `words`; that of a pair is shared by its first and its last word."""
        reading = Reading(words)
        positive: list[float] = []
        negative: list[float] = []
        squares: list[float] = []
        for index, (word, variant) in enumerate(zip(words, reading.variants, strict=True)):
            sums = word.sums[variant] or self._of_word(word, variant)
            if reading.again is not None and reading.again[index]:
                sums = _SAID
            positive.append(sums[0])
            negative.append(sums[1])
            squares.append(sums[2])
        for index, name in reading.phrases.items():
            sums = self._of_phrase(name, reading.variants[index])
            positive[index] += sums[0]
            negative[index] += sums[1]
            squares[index] += sums[2]
        heard = any(squares)
        for (up, down, _), value, first, last in between_words(reading, self.table.get):
            half, square = value / 2, value * value / 2
            up, down = up * half, down * half
            positive[first] += up
            negative[first] += down
            squares[first] += square
            positive[last] += up
            negative[last] += down
            squares[last] += square
        return Weighed(reading, positive, negative, squares, self._of_text(words), heard)

    def pull(self, words: Sequence[Word]) -> Pulled:
        """What `weigh` finds, summed as the score of the whole text needs it."""
        reading = Reading(words)
        chosen = [
            word.sums[variant] or self._of_word(word, variant)
            for word, variant in zip(words, reading.variants, strict=True)
        ]
        if reading.again is not None:
            chosen = [_SAID if again else sums for sums, again in zip(chosen, reading.again, strict=True)]
        pulls = [sums[3] for sums in chosen]
        up = down = square = 0.0
        for a, b, c, _ in chosen:
            up += a
            down += b
            square += c
        for index, name in reading.phrases.items():
            a, b, c, tilt = self._of_phrase(name, reading.variants[index])
            up += a
            down += b
            square += c
            pulls[index] += tilt
        heard = square > 0
        for (a, b, half), value, first, last in between_words(reading, self.table.get):
            if value == 1.0:
                up += a
                down += b
                square += 1.0
            else:
                up += a * value
                down += b * value
                half *= value
                square += value * value
            pulls[first] += half
            pulls[last] += half
        rest = self._of_text(words)
        square += rest[2]
        scale = 1.0 / math.sqrt(square) if square else 0.0
        at = self.stored.intercepts
        return Pulled(reading, pulls, scale, at[0] + scale * (up + rest[0]), at[1] + scale * (down + rest[1]), heard)

    def of_mention(self, weighed: Weighed, first: int, last: int) -> tuple[float, float]:
        """The log odds of positive and of negative against neutral, as the text speaks of words `first` to `last`."""
        factors = nearness(weighed.reading, first, last)
        up, down, square, _ = self._sum([(f, 1.0) for f in of_mention(weighed.reading, first, last)])
        positive = up + weighed.rest[0] + sum(map(_times, factors, weighed.positive))
        negative = down + weighed.rest[1] + sum(map(_times, factors, weighed.negative))
        square += weighed.rest[2] + sum(map(_times, map(_times, factors, factors), weighed.squares))
        scale = 1.0 / math.sqrt(square) if square else 0.0
        at = self.stored.mention_intercepts
        return at[0] + scale * positive, at[1] + scale * negative

    def _of_word(self, word: Word, variant: int) -> Sums:
        sums = word.sums[variant] = self._sum(of_word(word, variant))
        return sums

    def _of_phrase(self, name: str, variant: int) -> Sums:
        sums = self._phrases.get((name, variant))
        if sums is None:
            sums = self._phrases[name, variant] = self._sum(of_phrase(name, variant))
        return sums

    def _of_text(self, words: Sequence[Word]) -> Sums:
        whole = of_text(words)
        sums = self._wholes.get(whole)
        if sums is None:
            sums = self._wholes[whole] = self._sum([(feature, 1.0) for feature in of_whole(whole)])
        return sums

    def _sum(self, features: Sequence[tuple[Feature, float]]) -> Sums:
        positive = negative = square = 0.0
        for feature, value in features:
            pair = self.table.get(feature)
            if pair is not None:
                positive += value * pair[0]
                negative += value * pair[1]
                square += value * value
        return positive, negative, square, positive - negative


def read_weights() -> Weights:
    """The weights that come with the package."""
    data = (resources.files(__package__) / FILE).read_bytes()
    return Weights(msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(data), type=Stored))


def _times(a: float, b: float) -> float:
    return a * b


def _numbers(data: bytes, step: float) -> list[float]:
    numbers = array("h", data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return [step * number for number in numbers]
