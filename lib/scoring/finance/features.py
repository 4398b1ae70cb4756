"""What is said of a text's words for a linear model to weigh: features, each at the words it comes from. It does not
know any weight.

A feature is a tuple of strings. Those of one word alone depend on the word and on its variant: whether it stands in
the scope of a negation, in a subordinate part ("… as oil falls"), or in a phrase of the lexicon, whose class then
counts instead of its own. All others come from how words stand beside each other: word pairs, sequences of classes, directions with what they move and by how much ("costs fell
20 %"), and comparisons of two numbers ("$1.52 vs. $1.50").
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from lib.scoring.finance.words import LINK, NAME, TALLIED, TALLY_BITS, Word

Feature = tuple[str, ...]
Found = TypeVar("Found")

NEGATED, SUBORDINATE, IN_PHRASE = 1, 2, 4
VARIANTS = 8

# what a class says where nothing else is known; the scale of a few features that all classes share
VALENCES = {
    "rise": 1.0, "soar": 2.0, "beat": 2.0, "upgrade": 2.0, "buyrating": 1.5, "good": 1.0, "great": 2.0, "win": 1.0,
    "hope": 1.0, "bull": 1.0, "emoji+": 1.0, "fall": -1.0, "plunge": -2.0, "miss": -2.0, "downgrade": -2.0,
    "sellrating": -1.5, "bad": -1.0, "awful": -2.0, "trouble": -1.5, "damage": -1.5, "dilution": -1.0, "virus": -1.0,
    "conflict": -1.0, "fear": -1.0, "bear": -1.0, "emoji-": -1.0,
}  # fmt: skip
_DIRECTIONS = {"rise": 1, "soar": 1, "fall": -1, "plunge": -1}
_MORE_IS_GOOD = frozenset(("earn", "demand", "macro", "payout", "asset", "expect"))
_MORE_IS_BAD = frozenset(("cost",))

_COMPARES = frozenset("vs versus compared compares from against estimate est consensus year-ago".split())
_UNIT_WORDS = {
    **dict.fromkeys(("%", "percent", "pc", "pct", "per"), "%"),
    **dict.fromkeys("million billion trillion mn bn bln mln crore cr lakh".split(), "m"),
    **dict.fromkeys(("cent", "cents"), "c"),
    **dict.fromkeys(("point", "points", "pts"), "p"),
    "bps": "b", "x": "x",
}  # fmt: skip
_VADER_NEGATION = -0.74
_OWN_NEGATION = -0.7
_NEGATION_REACH = 4
_BEFORE, _AFTER = 6, 4
_FURTHEST_NUMBERS = 9
_PAIRED = 3
_LOW_BITS = (1 << TALLY_BITS) - 1


def of_word(word: Word, variant: int) -> list[tuple[Feature, float]]:
    """The features of one word alone, with their values."""
    negated = bool(variant & NEGATED)
    key = word.key
    found: list[tuple[Feature, float]] = [(("w", key), 1.0)]
    if word.kind == "word" and key != NAME:
        if word.lower != key:
            found.append((("f", word.lower), 1.0))
        if len(word.lower) > _NEGATION_REACH:
            found += [(("c", word.lower[:5] + "-"), 1.0), (("c", "-" + word.lower[-4:]), 1.0)]
        if negated:
            found.append((("n", key), 1.0))
    if not variant & IN_PHRASE:
        found += _of_classes(word.classes, variant)
    if word.valence:
        valence = word.valence * (_VADER_NEGATION if negated else 1.0)
        found.append((("v", "+" if valence > 0 else "-"), abs(valence) / 2))
    return found


def of_phrase(name: str, variant: int) -> list[tuple[Feature, float]]:
    """The features of a phrase of the class `name`, beside those of its words."""
    return _of_classes((name,), variant)


def _of_classes(classes: Sequence[str], variant: int) -> list[tuple[Feature, float]]:
    negated = "n" if variant & NEGATED else ""
    part = "S" if variant & SUBORDINATE else "M"
    found: list[tuple[Feature, float]] = []
    valence = 0.0
    for name in classes:
        found.append((("l", negated + name), 1.0))
        if name in VALENCES:
            found.append((("l", f"{negated}{part}{name}"), 1.0))
            if name not in _DIRECTIONS:
                valence = valence or VALENCES[name]
    if valence:
        valence *= _OWN_NEGATION if negated else 1.0
        sign = "+" if valence > 0 else "-"
        found += [(("x", sign), abs(valence)), (("x", part + sign), abs(valence))]
    return found


class Reading:
    """The words of one text with what they are to each other. `again` tells where something said before is repeated,
    which then counts no more; None where nothing is.
    """

    __slots__ = ("again", "classes", "clauses", "ends", "keys", "phrases", "variants", "words")

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = words
        self.keys = [word.key for word in words]
        self.classes = [word.classes for word in words]
        self.phrases: dict[int, str] = {}
        self.ends = list(range(len(words)))
        for index, word in enumerate(words):
            if word.phrases and self.ends[index] == index:
                self._find_phrase(index, word.phrases)
            if word.number is not None and index + 1 < len(words) and self.keys[index].endswith("#"):
                # a unit that follows as a word of its own is written into the form of the number
                self.keys[index] += _UNIT_WORDS.get(words[index + 1].lower, "")
        self.clauses, self.variants = self._clauses()
        if self.phrases:
            for index in range(len(words)):
                if index in self.phrases or self.ends[index] < index:
                    self.variants[index] |= IN_PHRASE
        self.again: list[bool] | None = None
        if len(set(self.keys)) < len(words):
            self._find_repetitions()

    def _find_repetitions(self) -> None:
        seen: set[tuple[str, int]] = set()
        self.again = []
        for said in zip(self.keys, self.variants, strict=True):
            self.again.append(said in seen)
            seen.add(said)

    def _find_phrase(self, index: int, known: Sequence[tuple[tuple[str, ...], str]]) -> None:
        words = self.words
        for stems, name in known:
            at = index
            for wanted in stems[1:]:
                at += 1
                if at < len(words) and words[at].key == "-":
                    at += 1
                if at >= len(words) or words[at].stem != wanted:
                    break
            else:
                self.phrases[index] = name
                self.ends[index] = at
                self.classes[index] = (name,)
                for inside in range(index + 1, at + 1):
                    self.ends[inside] = index
                    self.classes[inside] = ()
                return

    def _clauses(self) -> tuple[list[int], list[int]]:
        """The number of each word's clause, and its variant."""
        clauses: list[int] = []
        variants: list[int] = []
        clause = part = reach = 0
        for index, word in enumerate(self.words):
            if word.ends_clause:
                clause += 1
                part = reach = 0
            elif word.kind == "mark":
                reach = 0
            elif word.begins_part:
                clause += 1
                part = SUBORDINATE
            clauses.append(clause)
            variants.append(part | NEGATED if index < reach else part)
            if word.negates or index in self.phrases:
                if "not" in self.classes[index]:
                    reach = index + _NEGATION_REACH + 1
        return clauses, variants


def between_words(reading: Reading, get: Callable[[Feature], Found | None]) -> list[tuple[Found, float, int, int]]:
    """(what `get` has for a feature, the value, first word, last word) of every feature it has something for."""
    hits: list[tuple[Found, float, int, int]] = []
    keys = reading.keys
    if not keys:
        return hits

    def add(feature: Feature, first: int, last: int, value: float = 1.0) -> None:
        found = get(feature)
        if found is not None:
            hits.append((found, value, first, last))

    add(("b", "^", keys[0]), 0, 0)
    if reading.again is None:
        pairs = [get(("b", a, b)) for a, b in zip(keys, keys[1:], strict=False)]
        hits += [(found, 1.0, at, at + 1) for at, found in enumerate(pairs) if found is not None]
    else:
        seen = set()
        for at, pair in enumerate(zip(keys, keys[1:], strict=False)):
            if pair not in seen:
                seen.add(pair)
                found = get(("b", *pair))
                if found is not None:
                    hits.append((found, 1.0, at, at + 1))
    _sequences(reading, get, hits)
    numbers = []
    for index, word in enumerate(reading.words):
        if word.number is not None:
            numbers.append(index)
            if keys[index].endswith("%"):
                size = (word.number >= 1) + (word.number >= 5) + (word.number >= 20)
                add(("p", keys[index][0] + str(size)), index, index)
        elif reading.classes[index]:
            for name in reading.classes[index]:
                if name in _DIRECTIONS:
                    _direction(reading, index, name, add)
                    break
    if len(numbers) > 1:
        _comparisons(reading, numbers, add)
    return hits


_Add = Callable[..., None]


def _sequences(
    reading: Reading, get: Callable[[Feature], Found | None], hits: list[tuple[Found, float, int, int]]
) -> None:
    """Adds classes that follow each other, with the marks, numbers and small words between them, and without."""
    before, begin = "^", -1
    paired: list[tuple[str, int]] = []
    phrases, variants = reading.phrases, reading.variants
    for index, word in enumerate(reading.words):
        symbol, end, valued = word.symbol, index, word.valued
        if phrases:
            end = reading.ends[index]
            if end < index:
                continue
            if index in phrases:
                symbol, valued = phrases[index].upper(), True
        if word.number is not None:
            symbol = reading.keys[index]
        if not symbol:
            continue
        if valued and variants[index] & NEGATED and symbol.lower() in VALENCES:
            symbol = "NOT-" + symbol
        found = get(("k", before, symbol))
        if found is not None:
            hits.append((found, 1.0, begin if begin >= 0 else index, end))
        if valued and symbol != NAME and symbol != LINK:
            for other, first in paired[-_PAIRED:]:
                found = get(("K", other, symbol))
                if found is not None:
                    hits.append((found, 1.0, first, end))
            paired.append((symbol, index))
        before, begin = symbol, index
    found = get(("k", before, "$"))
    if found is not None:
        hits.append((found, 1.0, max(begin, 0), len(variants) - 1))


def _direction(reading: Reading, index: int, name: str, add: _Add) -> None:
    """A word like `rise`, with the quantity that moves and the number that says by how much."""
    direction = _DIRECTIONS[name]
    end = max(reading.ends[index], index)
    variant = reading.variants[index]
    if variant & NEGATED:
        direction = -direction
    moved, at = _moved(reading, index, end)
    first, last = (min(index, at), max(end, at)) if moved else (index, end)
    add(("d", f"{direction}{moved or 'none'}"), first, last)
    if moved == "cost":
        direction = -direction
    part = "S" if variant & SUBORDINATE else "M"
    add(("d", f"{part}{direction}"), first, last)
    sign = "+" if direction > 0 else "-"
    add(("y", sign), first, last, abs(VALENCES[name]))
    add(("y", part + sign), first, last, abs(VALENCES[name]))
    for near in (index - 1, end + 1, end + 2, end + 3):
        if 0 <= near < len(reading.words) and reading.words[near].number is not None:
            by = "%" if reading.keys[near].endswith("%") else "#"
            add(("d", f"{direction}{by}"), min(index, near), max(end, near))
            break


def _moved(reading: Reading, index: int, end: int) -> tuple[str, int]:
    """The class of the nearest quantity in the same clause, and where it is; an empty class where there is none."""
    clauses, classes = reading.clauses, reading.classes
    for distance in range(1, _BEFORE + 1):
        for at in (index - distance, end + distance):
            if not 0 <= at < len(classes) or clauses[at] != clauses[index] or (at > index and distance > _AFTER):
                continue
            for name in classes[at]:
                if name in _MORE_IS_BAD:
                    return "cost", at
            for name in classes[at]:
                if name in _MORE_IS_GOOD:
                    return name, at
    return "", 0


def _comparisons(reading: Reading, numbers: Sequence[int], add: _Add) -> None:
    """Two numbers of which a text says that one is now and the other was before or was expected."""
    keys, words = reading.keys, reading.words
    for a, b in zip(numbers, numbers[1:], strict=False):
        if b - a > _FURTHEST_NUMBERS or keys[a].endswith("%") != keys[b].endswith("%"):
            continue
        between = {word.lower for word in words[a + 1 : b]}
        if "to" in between and any(word.lower == "from" for word in words[max(0, a - 3) : a]):
            now, then = b, a
        elif not _COMPARES.isdisjoint(between):
            now, then = a, b
        else:
            continue
        difference = _signed(reading, now) - _signed(reading, then)
        for at in range(a - 1, max(-1, a - _FURTHEST_NUMBERS), -1):
            if not _MORE_IS_BAD.isdisjoint(reading.classes[at]):
                difference = -difference
                break
            if not _MORE_IS_GOOD.isdisjoint(reading.classes[at]):
                break
        add(("=", "+" if difference > 0 else "-" if difference < 0 else "0"), a, b)


def _signed(reading: Reading, index: int) -> float:
    number = reading.words[index].number or 0.0
    return -number if reading.keys[index].startswith("-") else number


def of_text(words: Sequence[Word]) -> tuple[int, ...]:
    """What the features of the whole depend on: length, how many words of each kind, and how it ends."""
    tally = sum([word.tally for word in words])
    counts = [tally >> TALLY_BITS * place & _LOW_BITS for place in range(len(TALLIED))]
    letters, capitals, cashtags, hashtags, links, handles, emoji = counts
    share = 4 * capitals // letters if letters else -1
    last = words[-1] if words else None
    end = ord(last.key[-1]) if last is not None and last.kind in ("mark", "link") else 0
    return (
        min(6, len(words) // 5), share, min(3, cashtags), min(3, hashtags), links > 0, handles > 0, emoji > 0, end,
    )  # fmt: skip


def of_whole(whole: tuple[int, ...]) -> list[Feature]:
    """The features of the whole, from what `of_text` found."""
    length, share, cashtags, hashtags, links, handles, emoji, end = whole
    found: list[Feature] = [("t", f"length{length}"), ("t", f"end{chr(end) if end else ''}")]
    if share >= 0:
        found.append(("t", f"capitals{share}"))
    for name, count in (("cashtag", cashtags), ("hashtag", hashtags)):
        if count:
            found.append(("t", f"{name}{count}"))
    found += [("t", name) for name, there in (("link", links), ("handle", handles), ("emoji", emoji)) if there]
    return found
