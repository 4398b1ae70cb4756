"""What is said of a text's words for a linear model to weigh: features, each at the words it comes from. It does not
know any weight.

A feature is a tuple of strings. Those of one word depend on the word and on its variant: whether it stands in the scope
of a negation, or in a phrase of the lexicon, whose class then counts instead of its own. All others come from how words
stand beside each other: neighbours, classes that follow each other ("costs … fell", "not … good"), the size of a
percentage, two numbers that are compared ("$1.52 vs. $1.50"), and the shape of the whole.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from lib.scoring.finance.reading import IN_PHRASE, NEGATED, Reading
from lib.scoring.finance.words import NAME, TALLIED, TALLY_BITS, Word

Feature = tuple[str, ...]
# a feature, its value, and the first and the last word it comes from
Hit = tuple[Feature, float, int, int]

START = "^"
NEGATED_SYMBOL = "NOT-"
# how many classes back one class is set beside others
PAIRED = 3

# what a class says by itself; the scale of one feature that all these classes share
VALENCES = {
    "beat": 2.0, "upgrade": 2.0, "buyrating": 1.5, "good": 1.0, "great": 2.0, "win": 1.0, "hope": 1.0, "bull": 1.0,
    "emoji+": 1.0, "slang+": 1.5, "relief": 1.5, "slang-": -1.5, "burden": -1.5, "miss": -2.0, "downgrade": -2.0,
    "sellrating": -1.5, "bad": -1.0, "awful": -2.0, "trouble": -1.5, "damage": -1.5, "dilution": -1.0, "virus": -1.0,
    "conflict": -1.0, "fear": -1.0, "bear": -1.0, "emoji-": -1.0,
}  # fmt: skip
# classes that a negation turns
TURNED = frozenset(name.upper() for name in (*VALENCES, "rise", "soar", "fall", "plunge"))
_MORE_IS_GOOD = frozenset(("earn", "demand", "macro", "payout", "asset", "expect"))
_MORE_IS_BAD = "cost"

_COMPARES = frozenset(
    ["vs", "versus", "compared", "compares", "from", "against", "estimate", "est", "consensus", "year-ago"]
)
_VADER_NEGATION = -0.74
_OWN_NEGATION = -0.7
_FURTHEST_NUMBERS = 9
_LOW_BITS = (1 << TALLY_BITS) - 1


def of_word(word: Word, variant: int) -> list[tuple[Feature, float]]:
    """The features of one word alone, with their values."""
    negated = bool(variant & NEGATED)
    key = word.key
    found: list[tuple[Feature, float]] = [(("w", key), 1.0)]
    if word.kind == "word" and key != NAME:
        if word.lower != key:
            found.append((("f", word.lower), 1.0))
        if negated:
            found.append((("n", key), 1.0))
    if not variant & IN_PHRASE:
        found += of_classes(word.classes, negated)
    if word.valence:
        valence = word.valence * (_VADER_NEGATION if negated else 1.0)
        found.append((("v", "+" if valence > 0 else "-"), abs(valence) / 2))
    return found


def of_classes(classes: Sequence[str], negated: bool) -> list[tuple[Feature, float]]:
    """The features of a word or phrase that stands in `classes`."""
    found: list[tuple[Feature, float]] = [(("l", f"{'n' if negated else ''}{name}"), 1.0) for name in classes]
    valence = next((VALENCES[name] for name in classes if name in VALENCES), 0.0)
    if valence:
        valence *= _OWN_NEGATION if negated else 1.0
        found.append((("x", "+" if valence > 0 else "-"), abs(valence)))
    return found


def symbols(reading: Reading) -> list[tuple[str, int, int]]:
    """(class in capitals, first word, last word) of each word or phrase that has one; negated ones say so."""
    words = reading.words
    if not reading.phrases and not reading.negated:
        return [(word.symbol, index, index) for index, word in enumerate(words) if word.symbol]
    found = []
    last = -1
    for index, word in enumerate(words):
        if index <= last:
            continue
        phrase = reading.phrases.get(index)
        symbol, last = (phrase[0].upper(), phrase[1]) if phrase else (word.symbol, index)
        if symbol:
            if index in reading.negated and symbol in TURNED:
                symbol = NEGATED_SYMBOL + symbol
            found.append((symbol, index, last))
    return found


def of_neighbours(reading: Reading) -> Iterator[Hit]:
    """The first word, each two words that follow each other, and each two classes that do, up to PAIRED apart."""
    keys = reading.keys
    if keys:
        yield ("b", START, keys[0]), 1.0, 0, 0
    for at, pair in enumerate(pairwise(keys)):
        yield ("b", *pair), 1.0, at, at + 1
    found = symbols(reading)
    for place, (symbol, _, last) in enumerate(found):
        for other, first, _ in found[max(0, place - PAIRED) : place]:
            yield ("K", other, symbol), 1.0, first, last


def of_reading(reading: Reading) -> list[Hit]:
    """All features of a text; those of the whole come from no word: first and last are -1."""
    hits: list[Hit] = []
    for index, word in enumerate(reading.words):
        hits += [(feature, value, index, index) for feature, value in of_word(word, reading.variant(index))]
    for index, (name, _) in reading.phrases.items():
        hits += [(feature, value, index, index) for feature, value in of_classes((name,), index in reading.negated)]
    hits += of_neighbours(reading)
    if reading.numbers:
        hits += of_numbers(reading)
    return hits + [(feature, 1.0, -1, -1) for feature in of_shape(shape(reading))]


def of_numbers(reading: Reading) -> Iterator[Hit]:
    """The sizes of percentages, and pairs of numbers of which one is now, the other was before or was expected."""
    words, keys = reading.words, reading.keys
    numbers = [index for index, word in enumerate(words) if word.number is not None]
    sizes = set()
    for index in numbers:
        if keys[index].endswith("%"):
            number = words[index].number or 0.0
            size = f"{keys[index][0]}{(number >= 1) + (number >= 5) + (number >= 20)}"
            if size not in sizes:
                sizes.add(size)
                yield ("p", size), 1.0, index, index
    signs = set()
    for a, b in pairwise(numbers):
        if b - a <= _FURTHEST_NUMBERS and keys[a].endswith("%") == keys[b].endswith("%"):
            sign = _compared(reading, a, b)
            if sign and sign not in signs:
                signs.add(sign)
                yield ("=", sign), 1.0, a, b


def _compared(reading: Reading, a: int, b: int) -> str:
    words = reading.words
    between = {word.lower for word in words[a + 1 : b]}
    if "to" in between and any(word.lower == "from" for word in words[max(0, a - 3) : a]):
        now, then = b, a
    elif not _COMPARES.isdisjoint(between):
        now, then = a, b
    else:
        return ""
    difference = _signed(reading, now) - _signed(reading, then)
    for word in reversed(words[max(0, a - _FURTHEST_NUMBERS + 1) : a]):
        if _MORE_IS_BAD in word.classes:
            difference = -difference
            break
        if not _MORE_IS_GOOD.isdisjoint(word.classes):
            break
    return "+" if difference > 0 else "-" if difference < 0 else "0"


def _signed(reading: Reading, index: int) -> float:
    number = reading.words[index].number or 0.0
    return -number if reading.keys[index].startswith("-") else number


def shape(reading: Reading) -> tuple[int, ...]:
    """What the features of the whole depend on: length, how many words of each kind, how it ends, and slang."""
    words = reading.words
    letters, capitals, cashtags, hashtags, links, handles, emoji = [
        reading.tally >> TALLY_BITS * place & _LOW_BITS for place in range(TALLIED.index("emoji") + 1)
    ]
    last = words[-1] if words else None
    end = ord(last.key[-1]) if last is not None and last.kind in ("mark", "link") else 0
    return (
        min(6, len(words) // 5), 4 * capitals // letters if letters else -1, min(3, cashtags), min(3, hashtags),
        links > 0, handles > 0, emoji > 0, end, reading.slang,
    )  # fmt: skip


def of_shape(whole: tuple[int, ...]) -> list[Feature]:
    """The features of the whole, from its `shape`."""
    length, share, cashtags, hashtags, links, handles, emoji, end, _ = whole
    found: list[Feature] = [("t", f"length{length}"), ("t", f"end{chr(end) if end else ''}")]
    if share >= 0:
        found.append(("t", f"capitals{share}"))
    for name, count in (("cashtag", cashtags), ("hashtag", hashtags)):
        if count:
            found.append(("t", f"{name}{count}"))
    found += [("t", name) for name, there in (("link", links), ("handle", handles), ("emoji", emoji)) if there]
    return found


def is_personal(whole: tuple[int, ...]) -> bool:
    """Whether a text of this `shape` reads like somebody's own post: it has emoji, a forum's slang, or a cashtag and no
    link.
    """
    _, _, cashtags, _, links, _, emoji, _, slang = whole
    return bool(emoji or slang or (cashtags and not links))
