"""The shape of what was measured of a scorer. It measures nothing."""

import msgspec

from lib.domain.sentiment import Label

LABELS: tuple[Label, ...] = ("positive", "neutral", "negative")


class ClassFigures(msgspec.Struct, frozen=True):
    """Of one label: how many texts have it, precision, recall and their harmonic mean."""

    texts: int
    precision: float
    recall: float
    f1: float


class Figures(msgspec.Struct, frozen=True):
    """Of one scorer on one set. Intervals hold 95 % of resamplings of the texts. `confusion` has a row for each true
    label and a column for each given one, positive, neutral, negative. Macro-F1 is over the labels that the set has.
    `calibration_error` is the mean distance of the value from the mean truth (1, 0, -1) among texts of like value.
    """

    texts: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    macro_f1: float
    macro_f1_interval: tuple[float, float]
    calibration_error: float
    classes: dict[str, ClassFigures]
    confusion: tuple[tuple[int, int, int], ...]
