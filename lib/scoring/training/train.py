"""From labelled texts to the weights of `finance@1`, byte for byte the same from the same texts and seed.

Three separators (positive, neutral, negative against the others) share one set of features. Each text is a row; each
entity of a text is one more, with every word's features scaled by how near the word is to it. Cross-fitting on folds
that keep near-duplicates together gives the thresholds of the labels.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import zstandard

from lib.scoring.finance.about import nearness, of_mention, word_range
from lib.scoring.finance.features import Feature, Hit, of_reading
from lib.scoring.finance.reading import Reading
from lib.scoring.finance.weights import Stored
from lib.scoring.finance.words import Words, spans
from lib.scoring.labelled import LabelledText
from lib.scoring.training.beliefs import beliefs
from lib.scoring.training.calibrate import best_threshold
from lib.scoring.training.folds import fold_of_each
from lib.scoring.training.margins import separate
from lib.scoring.training.matrix import Floats, Integers, Rows, Table

SCORER = "finance@1"
SEED = 20260302
FOLDS = 5
LABELS = ("positive", "neutral", "negative")
_SELDOM = 2
_COMMON_FROM = 2
_STRENGTH = 1.0
# log odds per unit of margin, and how much a text that reads like somebody's own post is moved away from neutral: two
# numbers that were chosen, not learned
SHARPNESS = 3.0
PERSONAL = 1.8
# counted for each column and side before anything is seen
_UNSEEN = 0.5
_TELLING_FROM, _TELLING = 0.3, 1.6
_MENTION_IMPORTANCE = 0.5
_LARGEST = 32_000

Counts = dict[Feature, tuple[float, float]]
_Chosen = npt.NDArray[np.bool_]


class View(NamedTuple):
    """One row of training: a text, or how it speaks of one entity. `counts` has value and squares by feature."""

    example: int
    dataset: str
    label: int
    mention: bool
    counts: Counts


def train(examples: Sequence[LabelledText], seed: int = SEED) -> Stored:
    """The weights learned from `examples`."""
    common = common_words(examples)
    views = views_of(examples, common)
    names, table = _table(views)
    prior = beliefs()
    believed = np.array([prior.get(name, (0.0, 0.0, 0.0)) for name in names]).T
    labels = np.array([view.label for view in views])
    folds = fold_of_each([example.text for example in examples], FOLDS, seed)
    fold_of_view = np.array([folds[view.example] for view in views])
    importance = np.array([_MENTION_IMPORTANCE if view.mention else 1.0 for view in views])
    margins = np.zeros((len(views), len(LABELS)))
    for fold in range(FOLDS):
        columns, weights = _fit(table, believed, labels, importance, fold_of_view != fold)
        held_out = table.rows(fold_of_view == fold, columns)
        margins[fold_of_view == fold] = np.stack([held_out.times(w[:-1]) + w[-1] for w in weights], axis=1)
    texts = np.array([not view.mention for view in views])
    of_texts = _threshold(views, margins, texts)
    of_mentions = of_texts if texts.all() else _threshold(views, margins, ~texts)
    columns, weights = _fit(table, believed, labels, importance, np.full(len(views), True))
    known = [names[column] for column in columns]
    unseen = sorted(prior.keys() - set(known))
    weights = [
        np.concatenate((fitted[:-1], [prior[feature][label] for feature in unseen], fitted[-1:]))
        for label, fitted in enumerate(weights)
    ]
    return _stored(seed, known + unseen, weights, (of_texts, of_mentions), common)


def common_words(examples: Sequence[LabelledText]) -> frozenset[str]:
    """Words that are no names, for they stand in small letters at least twice."""
    counted: Counter[str] = Counter()
    reader = Words()
    for example in examples:
        words, _, _ = reader.read(example.text)
        counted.update({word.lower for word in words if word.kind == "word" and not word.capital})
    return frozenset(word for word, count in counted.items() if count >= _COMMON_FROM)


def views_of(examples: Sequence[LabelledText], common: frozenset[str]) -> list[View]:
    """The rows that `examples` give: each labelled text, and each entity that stands in its text as it is named."""
    reader = Words(common)
    shared: dict[Feature, Feature] = {}
    views = []
    for number, example in enumerate(examples):
        words, _, parts = reader.read(example.text)
        reading = Reading(words)
        # equal features become one object, or they would fill gigabytes
        hits = [(shared.setdefault(hit[0], hit[0]), *hit[1:]) for hit in of_reading(reading)]
        if example.label != "mixed":
            counts = _counts(hits, [1.0] * len(words), [])
            views.append(View(number, example.dataset, LABELS.index(example.label), False, counts))
        lower = example.text.lower()
        for name, label in (example.entities or {}).items():
            start = lower.find(name.lower())
            first, last = word_range(spans(example.text, parts), start, start + len(name))
            if start >= 0 and last >= first:
                counts = _counts(hits, nearness(reading, first, last), of_mention(reading, first, last))
                views.append(View(number, example.dataset, LABELS.index(label), True, counts))
    return views


def _counts(hits: Sequence[Hit], factors: Sequence[float], own: Sequence[Feature]) -> Counts:
    counts: dict[Feature, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for feature, value, first, last in hits:
        a, b = (1.0, 1.0) if first < 0 else (factors[first], factors[last])
        if a or b:
            count = counts[feature]
            count[0] += value * (a + b) / 2
            count[1] += value * value * (a * a + b * b) / 2
    for feature in own:
        counts[feature] = [1.0, 1.0]
    return {feature: (value, square) for feature, (value, square) in counts.items()}


def _table(views: Sequence[View]) -> tuple[list[Feature], Table]:
    """All features in order, and what each view has of them."""
    names = sorted({feature for view in views for feature in view.counts})
    place = {feature: column for column, feature in enumerate(names)}
    return names, Table(
        [len(view.counts) for view in views],
        [place[feature] for view in views for feature in view.counts],
        [value for view in views for value, _ in view.counts.values()],
        [square for view in views for _, square in view.counts.values()],
    )


def _fit(
    table: Table, believed: Floats, labels: Integers, importance: Floats, chosen: _Chosen
) -> tuple[Integers, list[Floats]]:
    """The columns that are not too seldom, and for each label their weights and an intercept.

    `believed` has a row for each label.
    """
    columns = table.columns_of(chosen, _SELDOM)
    rows = table.rows(chosen, columns)
    fitted = []
    for label in range(len(LABELS)):
        signs = np.where(labels[chosen] == label, 1.0, -1.0)
        telling = _telling(rows, signs)
        start = believed[label, columns] / telling
        weights = separate(rows.stretched(telling), signs, importance[chosen], _STRENGTH, start)
        weights[:-1] *= telling
        fitted.append(weights)
    return columns, fitted


def _telling(rows: Rows, signs: Floats) -> Floats:
    """A factor for each column: the more, the more it prefers one side, so that what tells little is held small."""
    sides = []
    for side in (1.0, -1.0):
        count = rows.times_from_left(np.where(signs == side, 1.0, 0.0)) + _UNSEEN
        sides.append(count / np.add.reduce(count))
    factors: Floats = _TELLING_FROM + _TELLING * np.abs(sides[0] - sides[1]) / (sides[0] + sides[1])
    return factors


def _threshold(views: Sequence[View], margins: Floats, chosen: _Chosen) -> float:
    seen = [view for view, wanted in zip(views, chosen, strict=True) if wanted]
    labels = np.array([view.label for view in seen])
    return best_threshold(SHARPNESS * margins[chosen], labels, [view.dataset for view in seen])


def _stored(
    seed: int,
    features: Sequence[Feature],
    weights: Sequence[Floats],
    thresholds: tuple[float, float],
    common: frozenset[str],
) -> Stored:
    positive = SHARPNESS * (weights[0] - weights[1])
    negative = SHARPNESS * (weights[2] - weights[1])
    step = max(float(np.abs(positive[:-1]).max()), float(np.abs(negative[:-1]).max()), 1e-6) / _LARGEST
    return Stored(
        scorer=SCORER,
        seed=seed,
        features=tuple(" ".join(feature) for feature in features),
        positive=_multiples(positive[:-1], step),
        negative=_multiples(negative[:-1], step),
        step=step,
        intercepts=(round(float(positive[-1]), 6), round(float(negative[-1]), 6)),
        personal=SHARPNESS * PERSONAL,
        threshold=thresholds[0],
        mention_threshold=thresholds[1],
        common=tuple(sorted(common)),
    )


def _multiples(weights: Floats, step: float) -> bytes:
    return np.rint(weights / step).astype("<i2").tobytes()


def packed(stored: Stored) -> bytes:
    """The bytes of the weights file."""
    return zstandard.ZstdCompressor(level=19).compress(msgspec.msgpack.encode(stored))
