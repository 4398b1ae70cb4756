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
from itertools import pairwise, repeat
from operator import add

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

# squares are sums of numbers of at least 0.01; what is less is left over from subtracting
_NOTHING = 1e-6
_NEXT_TO_NONE = 1e-12 + 0j

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


class Weighed:
    """What a text says. `evidence`: by word, positive and negative as parts of a complex number, before the scale;
    `neighbours`: half of what each two words say that follow each other; `pairs`: the places of other words that say
    something together. `rest` is said by no word. `scale` is what evidence is multiplied by; `odds` are the log odds of
    positive (real part) and of negative (imaginary part) against neutral.
    """

    __slots__ = ("evidence", "heard", "intercept", "neighbours", "odds", "pairs", "reading", "rest", "scale")

    def __init__(self, reading: Reading, rest: _Sums, intercept: complex) -> None:
        self.reading, self.rest, self.intercept = reading, rest, intercept
        self.evidence: list[complex] = []
        self.neighbours: list[complex] = []
        self.pairs: list[tuple[int, int]] = []
        self.heard = False
        self.scale = 0.0
        self.odds = intercept


class Weights:
    """The weights in memory. Safe for several threads."""

    def __init__(self, stored: Stored) -> None:
        self.stored = stored
        positive, negative = _numbers(stored.positive, stored.step), _numbers(stored.negative, stored.step)
        # zero would say that there is no such feature
        self.table: dict[Feature, complex] = {
            tuple(name.split(" ")): complex(up, down) or _NEXT_TO_NONE
            for name, up, down in zip(stored.features, positive, negative, strict=True)
        }
        # by their two words alone, which spares making a feature of each pair of words
        self._neighbours = {name[1:]: weight / 2 for name, weight in self.table.items() if name[0] == "b"}
        self._classes = {name[1:]: weight / 2 for name, weight in self.table.items() if name[0] == "K"}
        self.words = Words(frozenset(stored.common), self._weigh_word)
        self._intercept = complex(*stored.intercepts)
        self._personal = self._intercept + complex(stored.personal, stored.personal)
        self._phrases: dict[tuple[str, bool], _Sums] = {}
        self._shapes: dict[tuple[int, ...], _Sums] = {}

    def weigh(self, words: Sequence[Word]) -> Weighed:
        """What a text of `words` says; what two words say together is shared by both."""
        reading = Reading(words)
        whole = shape(reading)
        rest = self._of_shape(whole)
        found = Weighed(reading, rest, self._personal if is_personal(whole) else self._intercept)
        if not words:
            return found
        evidence = [word.evidence for word in words]
        square = sum([word.square for word in words])
        if reading.negated or reading.inside:
            square += self._put_right(reading, evidence)
        found.heard = square > _NOTHING
        get = self._neighbours.get
        begin = get((START, reading.keys[0]), 0j)
        found.neighbours = halves = list(map(get, pairwise(reading.keys), repeat(0j)))
        found.evidence = evidence = list(map(add, map(add, evidence, [2 * begin, *halves]), [*halves, 0j]))
        found.pairs = pairs = self._weigh_pairs(reading, evidence)
        if begin:
            pairs.append((0, 0))
        square += len(pairs) + len(halves) - halves.count(0j) + rest[1]
        if square > _NOTHING:
            found.scale = 1.0 / math.sqrt(square)
            found.odds += found.scale * (sum(evidence) + rest[0])
        return found

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
        together = weighed.pairs + [(at, at + 1) for at, half in enumerate(weighed.neighbours) if half]
        square += sum([factors[a] ** 2 + factors[b] ** 2 for a, b in together]) / 2
        scale = 1.0 / math.sqrt(square) if square > _NOTHING else 0.0
        return weighed.intercept + scale * evidence

    def _put_right(self, reading: Reading, evidence: list[complex]) -> float:
        """Replaces the evidence of words that are negated or parts of a phrase; the change of the sum of squares."""
        change = 0.0
        for index in reading.negated | reading.inside:
            word = reading.words[index]
            evidence[index], own = self._of_variant(word, reading.variant(index))
            change += own - word.square
        for index, (name, _) in reading.phrases.items():
            more, own = self._of_phrase(name, index in reading.negated)
            evidence[index] += more
            change += own
        return change

    def _weigh_pairs(self, reading: Reading, evidence: list[complex]) -> list[tuple[int, int]]:
        """Adds to `evidence` what classes say together and what numbers say; returns the places of what was found."""
        pairs: list[tuple[int, int]] = []
        get = self._classes.get
        classes = symbols(reading)
        for place, (symbol, _, last) in enumerate(classes):
            for other, first, _ in classes[max(0, place - PAIRED) : place]:
                half = get((other, symbol))
                if half:
                    evidence[first] += half
                    evidence[last] += half
                    pairs.append((first, last))
        if reading.numbers:
            for feature, _, first, last in of_numbers(reading):
                weight = self.table.get(feature)
                if weight:
                    evidence[first] += weight / 2
                    evidence[last] += weight / 2
                    pairs.append((first, last))
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
