"""How a text speaks of one stock in it: how near each word is to the mention, and what stands beside it. It does not
know any weight, nor how mentions are found.
"""

from collections.abc import Sequence

from lib.scoring.finance.features import Feature, Reading

_OTHER_CLAUSE = 0.3
_FAR = 12.0


def word_range(spans: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """The first and the last word that the code points [start, end) touch; (0, -1) where they touch none."""
    touched = [index for index, (begin, stop) in enumerate(spans) if begin < end and stop > start]
    return (touched[0], touched[-1]) if touched else (0, -1)


def nearness(reading: Reading, first: int, last: int) -> list[float]:
    """A factor in [0, 1] for each word: how much of what it says is said of the mention, whose own words say nothing."""
    clauses = reading.clauses
    own = set(clauses[first : last + 1])
    factors = []
    for index, clause in enumerate(clauses):
        distance = first - index if index < first else index - last
        if distance <= 0:
            factors.append(0.0)
        else:
            factors.append((1.0 if clause in own else _OTHER_CLAUSE) * _FAR / (_FAR + distance))
    return factors


def of_mention(reading: Reading, first: int, last: int) -> list[Feature]:
    """The features of a mention: its neighbours, and the classes before and behind it in its clause."""
    keys, clauses = reading.keys, reading.clauses
    found: list[Feature] = [("m", "")]
    found.append(("m", ">", keys[last + 1] if last + 1 < len(keys) else "$"))
    found.append(("m", "<", keys[first - 1] if first else "^"))
    found.append(("m", ">>", _symbol(reading, range(last + 1, len(keys)))))
    found.append(("m", "<<", _symbol(reading, range(first - 1, -1, -1))))
    if ":" in keys[:first]:
        found.append(("m", "behind-colon"))
    seen = set()
    for index, classes in enumerate(reading.classes):
        if classes and not first <= index <= last:
            side = "L" if index < first else "R"
            seen.add((side if clauses[index] == clauses[min(max(index, first), last)] else f"{side}-", classes[0]))
    found += [("m", side, name) for side, name in sorted(seen)]
    return found


def _symbol(reading: Reading, places: range) -> str:
    for index in places:
        if index in reading.phrases:
            return reading.phrases[index].upper()
        if reading.words[index].symbol and reading.ends[index] >= index:
            return reading.words[index].symbol
    return "$"
