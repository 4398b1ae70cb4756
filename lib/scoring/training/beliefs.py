"""What is believed of features before any text is seen: what learning starts from, and what stays where the texts say
nothing, such as the slang of forums. It does not know how strongly texts then speak.
"""

from collections.abc import Iterator
from itertools import product

from lib.scoring.finance.features import NEGATED_SYMBOL, VALENCES, Feature

# weights for positive, neutral and negative, for a feature that speaks for positive by one
_FOR = (2.0, -1.25, -1.25)
_AGAINST = (-1.25, -1.25, 2.0)
_MOST = 1.5
_NEGATED = -0.7
_VADER = 0.5
# costs that fall are good, though falling is bad
_TURNING = 1.5
_RISES, _FALLS = ("RISE", "SOAR"), ("FALL", "PLUNGE")
_UNWANTED = "COST"


def beliefs() -> dict[Feature, tuple[float, float, float]]:
    """By feature, its weights for positive, neutral and negative."""
    return {feature: _weights(strength) for feature, strength in _strengths()}


def _strengths() -> Iterator[tuple[Feature, float]]:
    for name, valence in VALENCES.items():
        strength = max(-_MOST, min(_MOST, valence))
        yield ("l", name), strength
        yield ("l", f"n{name}"), _NEGATED * strength
    yield ("v", "+"), _VADER
    yield ("v", "-"), -_VADER
    for symbols, strength in ((_FALLS, _TURNING), (_RISES, -_TURNING)):
        for symbol, (negation, turned) in product(symbols, (("", 1.0), (NEGATED_SYMBOL, _NEGATED))):
            yield ("K", _UNWANTED, negation + symbol), strength * turned
            yield ("K", negation + symbol, _UNWANTED), strength * turned


def _weights(strength: float) -> tuple[float, float, float]:
    positive, neutral, negative = (abs(strength) * weight for weight in (_FOR if strength > 0 else _AGAINST))
    return positive, neutral, negative
