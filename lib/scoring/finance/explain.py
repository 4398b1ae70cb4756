"""From what each word pulls to a short list of reasons: words that pull together become one phrase, the weak ones one
rest. It does not weigh words.
"""

from collections.abc import Sequence

from lib.domain.sentiment import Term
from lib.scoring.finance.features import Reading

MOST_TERMS = 12
_WORTH_NAMING = 0.03
_WORTH_JOINING = 0.15
_LONGEST_PHRASE = 4
_DIGITS = 4


def explained(
    text: str, spans: Sequence[tuple[int, int]], reading: Reading, pulls: Sequence[float], raw: float
) -> tuple[Term, ...]:
    """At most MOST_TERMS terms in the order of the text, and the rest as `Term("", 0, 0, weight)`; together `raw`.

    Weights have 4 digits, as `raw` does.
    """
    sizes = list(map(abs, pulls))
    groups = _groups(reading, pulls, max(_WORTH_NAMING * sum(sizes), 10**-_DIGITS), _WORTH_JOINING * max(sizes))
    if len(groups) > MOST_TERMS:
        groups = sorted(sorted(groups, key=lambda group: -abs(group[0]))[:MOST_TERMS], key=lambda group: group[1])
    terms = []
    rest = raw
    for pull, first, last in groups:
        weight = round(pull, _DIGITS)
        start, end = spans[first][0], spans[last][1]
        terms.append(Term(text[start:end], start, end, weight))
        rest -= weight
    rest = round(rest, _DIGITS) + 0.0
    if rest:
        terms.append(Term("", 0, 0, rest))
    return tuple(terms)


def _groups(reading: Reading, pulls: Sequence[float], named: float, joined: float) -> list[tuple[float, int, int]]:
    """(weight, first word, last word) of what is at least `named`: words, phrases of the lexicon, and neighbours that
    pull the same way, each at least `joined`.
    """
    ends, words = reading.ends, reading.words
    groups: list[tuple[float, int, int]] = []
    after = -1
    for index, pull in enumerate(pulls):
        last = index
        if reading.phrases:
            last = ends[index]
            if last < index:
                continue
            if last > index:
                pull = sum(pulls[index : last + 1])
        if -named < pull < named:
            continue
        kind = words[index].kind
        if kind == "mark" and words[index].key[0] not in "?!":
            continue
        if kind in ("word", "number") and (pull >= joined or pull <= -joined):
            if after == index:
                before, first, _ = groups[-1]
                if before * pull > 0 and last - first < _LONGEST_PHRASE:
                    groups[-1] = (before + pull, first, last)
                    after = last + 1
                    continue
            after = last + 1
        groups.append((pull, index, last))
    return groups
