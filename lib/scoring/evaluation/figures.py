"""The shape of what was measured of scorers: it is kept in a file, shown on a page and served. It measures nothing."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from lib.domain.sentiment import Label

LABELS: tuple[Label, ...] = ("positive", "neutral", "negative")

Of = Literal["texts", "entities"]
Share = Annotated[float, Meta(ge=0, le=1, examples=[0.82])]
Interval = Annotated[
    tuple[float, float],
    Meta(description="95 % of 2,000 resamplings of the texts lie between.", examples=[[0.79, 0.85]]),
]
_CalibrationError = Annotated[
    float,
    Meta(ge=0, le=2, description="Mean distance of the value from the mean truth among texts of like value."),
]
_Texts = Annotated[int, Meta(description="How many texts, or entities.", examples=[773])]


class LabelledSet(msgspec.Struct, frozen=True):
    """Texts that people labelled, none of which a scorer learned from; or the entities that these texts name."""

    name: Annotated[str, Meta(examples=["sentfin"])]
    of: Of
    about: Annotated[str, Meta(description="What the texts are.", examples=["Headlines of Indian business news"])]
    licence: Annotated[str, Meta(description="Of the set, which is no part of InsiteChart.", examples=["MIT"])]
    languages: tuple[str, ...]
    texts: _Texts
    left_out: Annotated[
        int,
        Meta(description="Texts labelled `mixed`, whose entities differ; or entities that do not stand in their text."),
    ]


class ClassFigures(msgspec.Struct, frozen=True):
    """Of one label: how many texts have it, precision, recall and their harmonic mean, and what they were called."""

    label: Label
    texts: _Texts
    precision: Share
    precision_interval: Interval
    recall: Share
    recall_interval: Interval
    f1: Share
    f1_interval: Interval
    called: Annotated[
        dict[Label, int],
        Meta(
            description="A row of the confusion: how many texts of this label the scorer called what.",
            examples=[{"positive": 221, "neutral": 46, "negative": 6}],
        ),
    ]


class Reliability(msgspec.Struct, frozen=True):
    """Of the texts whose value is in [low, high), the last bin with 1: how many, their mean value and their mean truth,
    where positive is 1, neutral 0 and negative -1. A calibrated scorer has the same twice.
    """

    low: Annotated[float, Meta(description="The bin holds values from here on.", examples=[0.4])]
    high: Annotated[float, Meta(description="The bin holds values below this, the last one 1 too.", examples=[0.6])]
    texts: _Texts
    value: Annotated[float, Meta(description="Mean value of the texts in the bin.", examples=[0.52])]
    truth: Annotated[
        float,
        Meta(
            description="Mean truth of the same texts: positive is 1, neutral 0, negative -1. A calibrated scorer has "
            "it equal to `value`.",
            examples=[0.56],
        ),
    ]
    truth_interval: Interval


class Difference(msgspec.Struct, frozen=True):
    """How much more than vader@1 on the same texts, resampled in pairs: surely better where an interval is above 0."""

    accuracy: float
    accuracy_interval: Interval
    macro_f1: float
    macro_f1_interval: Interval


_OverVader = Annotated[
    Difference | None,
    Meta(description="How much more than vader@1 on the same texts, resampled in pairs; null for vader@1 itself."),
]


class SetFigures(msgspec.Struct, frozen=True):
    """How right a scorer is on one set."""

    name: Annotated[str, Meta(description="The set.", examples=["sentfin", "sentfin (per entity)"])]
    learned_from: Annotated[bool, Meta(description="True where the scorer learned from other texts of this set.")]
    texts: _Texts
    accuracy: Annotated[Share, Meta(description="Share of right labels.")]
    accuracy_interval: Interval
    macro_f1: Annotated[Share, Meta(description="Mean F1 of the labels that the set has.")]
    macro_f1_interval: Interval
    calibration_error: _CalibrationError
    calibration_error_interval: Interval
    over_vader: _OverVader
    classes: Annotated[tuple[ClassFigures, ...], Meta(description="One for each label: positive, neutral, negative.")]
    calibration: Annotated[
        tuple[Reliability, ...], Meta(description="The lowest values first; empty bins are left out.")
    ]


class Overall(msgspec.Struct, frozen=True):
    """The mean over sets of texts, each counting once. The calibration is that of all their texts together."""

    sets: Annotated[tuple[str, ...], Meta(description="Those it is the mean of.", examples=[["fiqa", "sentfin"]])]
    accuracy: Annotated[Share, Meta(description="Mean share of right labels.")]
    accuracy_interval: Interval
    macro_f1: Annotated[Share, Meta(description="Mean macro-F1.")]
    macro_f1_interval: Interval
    over_vader: _OverVader
    calibration_error: _CalibrationError
    calibration_error_interval: Interval
    calibration: Annotated[tuple[Reliability, ...], Meta(description="Of the texts of all these sets together.")]


class ScorerFigures(msgspec.Struct, frozen=True):
    """How right a scorer is. Scorers are measured on sets in the languages they read, baselines on all."""

    name: Annotated[str, Meta(examples=["finance@1"])]
    overall: Annotated[Overall | None, Meta(description="Over all sets in the languages it reads.")]
    unseen: Annotated[Overall | None, Meta(description="The same, of sets that it learned nothing from.")]
    sets: tuple[SetFigures, ...]
