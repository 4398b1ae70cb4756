"""From what each word pulls to a short list of reasons: words that pull together become one phrase, the weak ones one
rest. It does not weigh words.
"""

from collections.abc import Sequence

from lib.domain.sentiment import Term
from lib.scoring.finance.weights import Weighed

MOST_TERMS = 12
_WORTH_NAMING = 0.03
_WORTH_JOINING = 0.15
_LONGEST_PHRASE = 4
_DIGITS = 4


def explained(
    text: str, spans: Sequence[tuple[int, int]], weighed: Weighed, pulls: Sequence[float], raw: float
) -> tuple[Term, ...]:
    """At most MOST_TERMS terms in the order of the text, and the rest as `Term("", 0, 0, weight)`; together `raw`.

    Weights have 4 digits, as `raw` does.
    """
    total = sum(map(abs, pulls))
    groups = [
        (weight, first, last)
        for weight, first, last in _groups(weighed, pulls)
        if abs(weight) >= _WORTH_NAMING * total and weight and (first < last or _says_something(weighed, first))
    ]
    if len(groups) > MOST_TERMS:
        groups = sorted(sorted(groups, key=lambda group: -abs(group[0]))[:MOST_TERMS], key=lambda group: group[1])
    terms = []
    rest = raw
    for weight, first, last in groups:
        weight = round(weight, _DIGITS)
        if weight:
            start, end = spans[first][0], spans[last][1]
            terms.append(Term(text[start:end], start, end, weight))
            rest -= weight
    rest = round(rest, _DIGITS) + 0.0
    if rest:
        terms.append(Term("", 0, 0, rest))
    return tuple(terms)


def _says_something(weighed: Weighed, index: int) -> bool:
    word = weighed.reading.words[index]
    return word.kind != "mark" or word.key[0] in "?!"


def _groups(weighed: Weighed, pulls: Sequence[float]) -> list[tuple[float, int, int]]:
    """(weight, first word, last word): phrases of the lexicon, and neighbours that pull the same way hard enough."""
    ends, words = weighed.reading.ends, weighed.reading.words
    strong = _WORTH_JOINING * max(map(abs, pulls), default=0.0)
    groups: list[tuple[float, int, int]] = []
    joins = False
    index, count = 0, len(pulls)
    while index < count:
        last = max(ends[index], index)
        weight = sum(pulls[index : last + 1])
        can_join = abs(weight) >= strong and words[index].kind in ("word", "number")
        if can_join and joins:
            before, first, _ = groups[-1]
            if before * weight > 0 and last - first < _LONGEST_PHRASE:
                groups[-1] = (before + weight, first, last)
                index = last + 1
                continue
        groups.append((weight, index, last))
        joins = can_join
        index = last + 1
    return groups
