"""From what each word pulls to a short list of reasons: words that pull together become one phrase, the weak ones one
rest. It does not weigh words.
"""

from collections.abc import Sequence

from lib.domain.sentiment import Term
from lib.scoring.finance.reading import Reading
from lib.scoring.finance.words import Chunk, spans_of

MOST_TERMS = 12
_WORTH_NAMING = 0.05
_WORTH_JOINING = 0.15
_LONGEST_PHRASE = 4
_DIGITS = 4


def explained(
    text: str, chunks: Sequence[Chunk], parts: Sequence[str], reading: Reading, pulls: Sequence[float], raw: float
) -> tuple[Term, ...]:
    """At most MOST_TERMS terms in the order of the text, and the rest as `Term("", 0, 0, weight)`; together `raw`.

    Weights have 4 digits, as `raw` does.
    """
    groups = _groups(reading, _by_phrase(reading, pulls))
    if len(groups) > MOST_TERMS:
        groups = sorted(sorted(groups, key=lambda group: -abs(group[0]))[:MOST_TERMS], key=lambda group: group[1])
    where = spans_of(text, chunks, parts, [(first, last) for _, first, last in groups])
    terms = []
    rest = raw
    for (pull, _, _), (start, end) in zip(groups, where, strict=True):
        weight = round(pull, _DIGITS)
        terms.append(Term(text[start:end], start, end, weight))
        rest -= weight
    rest = round(rest, _DIGITS) + 0.0
    if rest:
        terms.append(Term("", 0, 0, rest))
    return tuple(terms)


def _by_phrase(reading: Reading, pulls: Sequence[float]) -> Sequence[float]:
    """`pulls` with that of a whole phrase at its first word."""
    if not reading.phrases:
        return pulls
    found = list(pulls)
    for first, (_, last) in reading.phrases.items():
        found[first : last + 1] = [sum(pulls[first : last + 1])] + [0.0] * (last - first)
    return found


def _groups(reading: Reading, pulls: Sequence[float]) -> list[tuple[float, int, int]]:
    """(weight, first word, last word) of what is worth naming: words, phrases of the lexicon, and neighbours that pull
    the same way.
    """
    sizes = list(map(abs, pulls))
    named = max(_WORTH_NAMING * sum(sizes), 10**-_DIGITS)
    joined = _WORTH_JOINING * max(sizes)
    groups: list[tuple[float, int, int]] = []
    after = -1
    for index in [index for index, size in enumerate(sizes) if size >= named]:
        word, pull = reading.words[index], pulls[index]
        last = reading.phrases[index][1] if index in reading.phrases else index
        if word.kind == "mark":
            if word.key[0] not in "?!":
                continue
        elif sizes[index] >= joined and (word.kind == "word" or word.kind == "number"):
            if after == index:
                before, first, _ = groups[-1]
                if before * pull > 0 and last - first < _LONGEST_PHRASE:
                    groups[-1] = (before + pull, first, last)
                    after = last + 1
                    continue
            after = last + 1
        groups.append((pull, index, last))
    return groups
