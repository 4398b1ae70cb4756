"""How a text speaks of one stock in it: how near each word is to the mention, and what stands beside it. It does not
know any weight, nor how mentions are found.
"""

from collections.abc import Sequence

from lib.scoring.finance.features import Feature
from lib.scoring.finance.reading import Reading, clauses

_OTHER_CLAUSE = 0.3
_FAR = 12.0
_BEGIN, _END = "^", "$"


def word_range(spans: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """The first and the last word that the code points [start, end) touch; (0, -1) where they touch none."""
    touched = [index for index, (begin, stop) in enumerate(spans) if begin < end and stop > start]
    return (touched[0], touched[-1]) if touched else (0, -1)


def nearness(reading: Reading, first: int, last: int) -> list[float]:
    """A factor in [0, 1] for each word: how much of what it says is said of the mention, whose own words say nothing."""
    numbers = clauses(reading.words)
    own = set(numbers[first : last + 1])
    factors = []
    for index, clause in enumerate(numbers):
        distance = first - index if index < first else index - last
        if distance <= 0:
            factors.append(0.0)
        else:
            factors.append((1.0 if clause in own else _OTHER_CLAUSE) * _FAR / (_FAR + distance))
    return factors


def of_mention(reading: Reading, first: int, last: int) -> list[Feature]:
    """The features of a mention: its neighbours, and the classes before and behind it in its clause."""
    keys = reading.keys
    found: list[Feature] = [("m", "")]
    found.append(("m", ">", keys[last + 1] if last + 1 < len(keys) else _END))
    found.append(("m", "<", keys[first - 1] if first else _BEGIN))
    found.append(("m", ">>", _symbol(reading, range(last + 1, len(keys)))))
    found.append(("m", "<<", _symbol(reading, range(first - 1, -1, -1))))
    if ":" in keys[:first]:
        found.append(("m", "behind-colon"))
    numbers = clauses(reading.words)
    seen = set()
    for index in range(len(keys)):
        name = _class(reading, index)
        if name and not first <= index <= last:
            same = numbers[index] == numbers[first if index < first else last]
            seen.add((("L" if index < first else "R") + ("" if same else "-"), name))
    return found + [("m", side, name) for side, name in sorted(seen)]


def _class(reading: Reading, index: int) -> str:
    """The leading class of a word, or of the phrase that begins there; empty inside a phrase."""
    if index in reading.phrases:
        return reading.phrases[index][0]
    classes = reading.words[index].classes
    return classes[0] if classes and index not in reading.inside else ""


def _symbol(reading: Reading, places: range) -> str:
    return next((name for index in places if (name := _class(reading, index)) and name != "time"), _END)
