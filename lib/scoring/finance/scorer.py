"""`finance@1`: learned weights over finance talk, with its reasons. It knows English, and scarcely hears the rest.

The evidence of a text gives chances for positive, neutral and negative. `raw` is the log odds of
(1 + p⁺ - p⁻) / 2; the value is p⁺ - p⁻, pressed below ±0.05 where that is too little for a label. A text of which no
word is known is neutral. Time grows linearly with the text.
"""

import math
from functools import cached_property

from lib.domain.sentiment import Score
from lib.scoring.finance.about import word_range
from lib.scoring.finance.explain import explained
from lib.scoring.finance.weights import Weighed, Weights, read_weights
from lib.scoring.finance.words import spans
from lib.scoring.verdict import NEUTRAL, THRESHOLD, label_of

_MOST_EVIDENCE = 40.0
_ALMOST_ONE = 1 - 1e-9
_NO_TILT = 1e-6
_DIGITS = 4


class Finance:
    """A scorer. May be used by several threads at once; the weights are read at the first text."""

    name = "finance@1"

    def __init__(self, weights: Weights | None = None) -> None:
        """`weights`: others than those that come with the package."""
        if weights is not None:
            self.weights = weights

    @cached_property
    def weights(self) -> Weights:
        """The weights in use."""
        return read_weights()

    def score(self, text: str, *, lang: str | None = None) -> Score:
        """The score of `text`. Spans count its code points from 0; `lang` changes nothing."""
        weights = self.weights
        words, chunks, parts = weights.words.read(text)
        weighed = weights.weigh(words)
        if not weighed.heard:
            return NEUTRAL
        odds = weighed.odds
        raw = round(log_odds(odds), _DIGITS) + 0.0
        value = squash(raw, weights.stored.threshold)
        tilt = odds.real - odds.imag
        # the share of each unit of evidence that reaches `raw`; at no tilt, its limit
        factor = weighed.scale * (raw / tilt if abs(tilt) > _NO_TILT else 1.0 - neutral_chance(odds))
        pulls = [factor * (evidence.real - evidence.imag) for evidence in weighed.evidence]
        return Score(value, label_of(value), raw, explained(text, chunks, parts, weighed.reading, pulls, raw))

    def score_mentions(self, text: str, places: list[tuple[int, int]]) -> list[float]:
        """For each place, code points [start, end) of a mention, how the text speaks of it: a value in [-1, 1].

        Unlike the score of the text it gives no reasons: they are those of the text, the nearer the stronger.
        """
        weights = self.weights
        words, _, parts = weights.words.read(text)
        weighed = weights.weigh(words)
        where = spans(text, parts)
        return [self._about(weighed, *word_range(where, start, end)) for start, end in places]

    def _about(self, weighed: Weighed, first: int, last: int) -> float:
        if last < first or not weighed.heard:
            return 0.0
        odds = self.weights.of_mention(weighed, first, last)
        return squash(log_odds(odds), self.weights.stored.mention_threshold)


def log_odds(odds: complex) -> float:
    """`raw`: twice the inverse hyperbolic tangent of p⁺ - p⁻, from the log odds of both against neutral."""
    up, down = chances(odds)
    difference = max(-_ALMOST_ONE, min(_ALMOST_ONE, up - down))
    return 2.0 * math.atanh(difference)


def chances(odds: complex) -> tuple[float, float]:
    """p⁺ and p⁻."""
    up = math.exp(max(-_MOST_EVIDENCE, min(_MOST_EVIDENCE, odds.real)))
    down = math.exp(max(-_MOST_EVIDENCE, min(_MOST_EVIDENCE, odds.imag)))
    total = 1.0 + up + down
    return up / total, down / total


def neutral_chance(odds: complex) -> float:
    """The chance that a text says nothing either way."""
    up, down = chances(odds)
    return 1.0 - up - down


def squash(raw: float, threshold: float) -> float:
    """`raw` as a value in [-1, 1], rounded to 4 digits: ±0.05 exactly where |p⁺ - p⁻| is `threshold`, straight between.

    >>> squash(0.0, 0.3), squash(40.0, 0.3), squash(-40.0, 0.3)
    (0.0, 1.0, -1.0)
    """
    difference = math.tanh(raw / 2.0)
    size = abs(difference)
    if size < threshold:
        # never rounded up to what would be a label
        value = min(THRESHOLD * size / threshold, THRESHOLD - 1e-4)
    else:
        value = THRESHOLD + (1.0 - THRESHOLD) * (size - threshold) / (1.0 - threshold)
    return round(math.copysign(value, difference), 4) + 0.0
