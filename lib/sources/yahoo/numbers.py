"""Yahoo's floats as the decimals that Yahoo meant. It does not know which price a number is."""

import math
from decimal import Decimal

import numpy as np


def exact(value: float | None) -> Decimal | None:
    """The shortest decimal that is this number, or None for a missing, infinite or undefined one.

    Yahoo keeps prices in 32 bits and prints them with 64, so 300.35 arrives as 300.3500061035156. A number that fits 32
    bits is therefore read as the shortest decimal of that 32-bit number, any other (244.87) as the shortest decimal of
    itself.

    >>> exact(300.3500061035156), exact(244.87), exact(41000.0), exact(float("nan"))
    (Decimal('300.35'), Decimal('244.87'), Decimal('41000'), None)
    """
    if value is None or not math.isfinite(value):
        return None
    with np.errstate(over="ignore"):
        narrow = np.float32(value)
    meant = narrow if float(narrow) == value else np.float64(value)
    return Decimal(np.format_float_positional(meant, unique=True, trim="-"))
