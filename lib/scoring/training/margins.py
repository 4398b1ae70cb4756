"""Finds the weights of linear separators with a squared hinge loss. It does not know what the columns mean.

Nothing but additions, multiplications and square roots in a fixed order, so that equal input gives equal output.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from lib.scoring.training.matrix import Floats, Rows

_MEMORY = 8
_STEPS = 200
_TOLERANCE = 1e-4
_SUFFICIENT = 1e-4
_HALVINGS = 30


def separate(rows: Rows, signs: Floats, importance: Floats, strength: float, believed: Floats) -> Floats:
    """`width` weights and an intercept that put the rows of sign 1 above 1 and those of sign -1 below -1.

    Minimises |w - believed|²/2 + strength · Σ importance · max(0, 1 - sign · f)² by L-BFGS.
    """
    offset = rows.times(believed)

    def cost(weights: Floats) -> tuple[float, Floats]:
        short = np.maximum(0.0, 1.0 - signs * (offset + rows.times(weights[:-1]) + weights[-1]))
        slope = -2.0 * strength * importance * signs * short
        value = 0.5 * _dot(weights, weights) + strength * _dot(importance * short, short)
        return value, weights + np.append(rows.times_from_left(slope), np.add.reduce(slope))

    weights = np.zeros(rows.width + 1)
    value, gradient = cost(weights)
    first = _length(gradient)
    past: deque[tuple[Floats, Floats, float]] = deque(maxlen=_MEMORY)
    for _ in range(_STEPS):
        if _length(gradient) <= _TOLERANCE * first:
            break
        direction = -_scaled(gradient, past)
        slope = _dot(direction, gradient)
        step = 1.0 if past else 1.0 / max(first, 1.0)
        for _ in range(_HALVINGS):
            moved = weights + step * direction
            new_value, new_gradient = cost(moved)
            if new_value <= value + _SUFFICIENT * step * slope:
                break
            step *= 0.5
        else:
            break
        change, turn = moved - weights, new_gradient - gradient
        product = _dot(change, turn)
        if product > 0:
            past.append((change, turn, product))
        weights, value, gradient = moved, new_value, new_gradient
    weights[:-1] += believed
    return weights


def _scaled(gradient: Floats, past: Sequence[tuple[Floats, Floats, float]]) -> Floats:
    direction = gradient.copy()
    factors = []
    for change, turn, product in reversed(past):
        factor = _dot(change, direction) / product
        direction -= factor * turn
        factors.append(factor)
    if past:
        _, turn, product = past[-1]
        direction *= product / _dot(turn, turn)
    for (change, turn, product), factor in zip(past, reversed(factors), strict=True):
        direction += change * (factor - _dot(turn, direction) / product)
    return direction


def _dot(a: Floats, b: Floats) -> float:
    # numpy's own dot product goes through a library whose order of additions depends on the processor
    total: Any = np.add.reduce(a * b)
    return float(total)


def _length(vector: Floats) -> float:
    return float(np.sqrt(_dot(vector, vector)))
