"""What every scorer ends with: a label and a bounded explanation. It does not know how a text is read."""

from collections.abc import Sequence

from lib.domain.sentiment import Label, Score, Term

MOST_TERMS = 40
THRESHOLD = 0.05

NEUTRAL = Score(value=0.0, label="neutral", raw=0.0, explanation=())


def label_of(value: float) -> Label:
    """The label of a value in [-1, 1]: from ±0.05 on it is positive or negative.

    >>> label_of(0.05), label_of(0.0499), label_of(-0.3)
    ('positive', 'neutral', 'negative')
    """
    if value >= THRESHOLD:
        return "positive"
    return "negative" if value <= -THRESHOLD else "neutral"


def strongest(terms: Sequence[Term], raw: float) -> tuple[Term, ...]:
    """At most MOST_TERMS of `terms`, the strongest, in their own order, then one rest term without text for the others.

    The weights add up to `raw` as before; the rest term is `Term("", 0, 0, weight)`.
    """
    if len(terms) <= MOST_TERMS:
        return tuple(terms)
    by_strength = sorted(range(len(terms)), key=lambda index: -abs(terms[index].weight))
    kept = [terms[index] for index in sorted(by_strength[: MOST_TERMS - 1])]
    rest = raw - sum(term.weight for term in kept)
    return (*kept, Term("", 0, 0, rest)) if rest else tuple(kept)
