"""The learned weights: read from their file, and summed over a text. It does not know how they were learned.

Every feature has two weights: how much it speaks for positive against neutral, and for negative against neutral; here
they are the parts of one complex number, because adding those is the fastest. The sums are divided by the root of the
sum of squares of the features' values, so that long texts do not shout.
"""

import math
import sys
from array import array
from collections.abc import Sequence
from importlib import resources
from itertools import pairwise
from typing import NamedTuple

import msgspec
import zstandard

from lib.scoring.finance.about import nearness, of_mention
from lib.scoring.finance.features import (
    PAIRED,
    START,
    Feature,
    is_personal,
    of_classes,
    of_numbers,
    of_shape,
    of_word,
    shape,
    symbols,
)
from lib.scoring.finance.reading import Reading
from lib.scoring.finance.words import Word, Words

FILE = "finance-1.msgpack.zst"

# (evidence, sum of squares)
_Sums = tuple[complex, float]


class Stored(msgspec.Struct, frozen=True):
    """The file. Weights are multiples of `step`, two bytes each, little-endian, in the order of `features`.

    `personal` is added to the evidence for both classes where a text reads like somebody's own post.
    """

    scorer: str
    seed: int
    features: tuple[str, ...]
    positive: bytes
    negative: bytes
    step: float
    intercepts: tuple[float, float]
    personal: float
    threshold: float
    mention_threshold: float
    common: tuple[str, ...]


class Weighed(NamedTuple):
    """What a text says. `evidence`: by word, positive and negative as parts of a complex number, before the scale;
    `pairs`: (half of the square, first word, last word) of what two words say together. `rest` is said by no word.
    """

    reading: Reading
    evidence: list[complex]
    pairs: list[tuple[float, int, int]]
    square: float
    rest: _Sums
    intercept: complex
    heard: bool

    @property
    def scale(self) -> float:
        """What the evidence is multiplied by."""
        return 1.0 / math.sqrt(self.square) if self.square else 0.0

    @property
    def odds(self) -> complex:
        """The log odds of positive (real part) and of negative (imaginary part) against neutral."""
        return self.intercept + self.scale * (sum(self.evidence) + self.rest[0])


class Weights:
    """The weights in memory. Safe for several threads."""

    def __init__(self, stored: Stored) -> None:
        self.stored = stored
        positive, negative = _numbers(stored.positive, stored.step), _numbers(stored.negative, stored.step)
        self.table: dict[Feature, complex] = {
            tuple(name.split(" ")): complex(up, down)
            for name, up, down in zip(stored.features, positive, negative, strict=True)
        }
        # by their two words alone, which spares making a feature of each pair of words
        self._neighbours = {name[1:]: weight / 2 for name, weight in self.table.items() if name[0] == "b"}
        self._classes = {name[1:]: weight / 2 for name, weight in self.table.items() if name[0] == "K"}
        self.words = Words(frozenset(stored.common), self._weigh_word)
        self._phrases: dict[tuple[str, bool], _Sums] = {}
        self._shapes: dict[tuple[int, ...], _Sums] = {}

    def weigh(self, words: Sequence[Word]) -> Weighed:
        """What a text of `words` says; what two words say together is shared by both."""
        reading = Reading(words)
        evidence = [word.evidence for word in words]
        square = sum([word.square for word in words])
        for index in reading.negated | reading.inside:
            evidence[index], own = self._of_variant(words[index], reading.variant(index))
            square += own - words[index].square
        for index, (name, _) in reading.phrases.items():
            more, own = self._of_phrase(name, index in reading.negated)
            evidence[index] += more
            square += own
        heard = square > 0.5
        pairs = self._weigh_pairs(reading, evidence)
        if reading.numbers:
            for feature, value, first, last in of_numbers(reading):
                weight = self.table.get(feature)
                if weight is not None:
                    evidence[first] += value / 2 * weight
                    evidence[last] += value / 2 * weight
                    pairs.append((value * value / 2, first, last))
        whole = shape(reading)
        rest = self._of_shape(whole)
        square += sum([half for half, _, _ in pairs]) * 2 + rest[1]
        intercept = complex(*self.stored.intercepts)
        if is_personal(whole):
            intercept += complex(self.stored.personal, self.stored.personal)
        return Weighed(reading, evidence, pairs, square, rest, intercept, heard)

    def of_mention(self, weighed: Weighed, first: int, last: int) -> complex:
        """The log odds of positive and of negative against neutral, as the text speaks of words `first` to `last`."""
        reading = weighed.reading
        factors = nearness(reading, first, last)
        evidence, square = self._sum([(feature, 1.0) for feature in of_mention(reading, first, last)])
        evidence += weighed.rest[0] + sum([a * b for a, b in zip(factors, weighed.evidence, strict=True)])
        square += weighed.rest[1]
        for index, word in enumerate(reading.words):
            own = self._of_variant(word, reading.variant(index))[1]
            if index in reading.phrases:
                own += self._of_phrase(reading.phrases[index][0], index in reading.negated)[1]
            square += own * factors[index] ** 2
        square += sum([half * (factors[a] ** 2 + factors[b] ** 2) for half, a, b in weighed.pairs])
        scale = 1.0 / math.sqrt(square) if square > 0 else 0.0
        return weighed.intercept + scale * evidence

    def _weigh_pairs(self, reading: Reading, evidence: list[complex]) -> list[tuple[float, int, int]]:
        """Adds to `evidence` what neighbours and classes say together."""
        keys = reading.keys
        pairs: list[tuple[float, int, int]] = []
        if not keys:
            return pairs
        get = self._neighbours.get
        begin = get((START, keys[0]))
        if begin is not None:
            evidence[0] += 2 * begin
            pairs.append((0.5, 0, 0))
        for at, half in enumerate(map(get, pairwise(keys))):
            if half is not None:
                evidence[at] += half
                evidence[at + 1] += half
                pairs.append((0.5, at, at + 1))
        get = self._classes.get
        classes = symbols(reading)
        for place, (symbol, _, last) in enumerate(classes):
            for other, first, _ in classes[max(0, place - PAIRED) : place]:
                half = get((other, symbol))
                if half is not None:
                    evidence[first] += half
                    evidence[last] += half
                    pairs.append((0.5, first, last))
        return pairs

    def _weigh_word(self, word: Word) -> None:
        word.evidence, word.square = self._of_variant(word, 0)

    def _of_variant(self, word: Word, variant: int) -> _Sums:
        sums = word.variants.get(variant)
        if sums is None:
            sums = word.variants[variant] = self._sum(of_word(word, variant))
        return sums

    def _of_phrase(self, name: str, negated: bool) -> _Sums:
        sums = self._phrases.get((name, negated))
        if sums is None:
            sums = self._phrases[name, negated] = self._sum(of_classes((name,), negated))
        return sums

    def _of_shape(self, whole: tuple[int, ...]) -> _Sums:
        sums = self._shapes.get(whole)
        if sums is None:
            sums = self._shapes[whole] = self._sum([(feature, 1.0) for feature in of_shape(whole)])
        return sums

    def _sum(self, features: Sequence[tuple[Feature, float]]) -> _Sums:
        evidence, square = 0j, 0.0
        for feature, value in features:
            weight = self.table.get(feature)
            if weight is not None:
                evidence += value * weight
                square += value * value
        return evidence, square


def read_weights() -> Weights:
    """The weights that come with the package."""
    data = (resources.files(__package__) / FILE).read_bytes()
    return Weights(msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(data), type=Stored))


def _numbers(data: bytes, step: float) -> list[float]:
    numbers = array("h", data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return [step * number for number in numbers]
