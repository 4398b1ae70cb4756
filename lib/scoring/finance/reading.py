"""The words of one text with what they are to each other: negated, parts of a phrase or of a clause. It does
not know what any of it weighs.
"""

from collections.abc import Sequence

from lib.scoring.finance.words import SLANG, TALLIED, TALLY_BITS, Word

NEGATED, IN_PHRASE = 1, 2

_NEGATION_REACH = 4
_UNIT_WORDS = {
    **dict.fromkeys(("%", "percent", "pc", "pct", "per"), "%"),
    **dict.fromkeys(["million", "billion", "trillion", "mn", "bn", "bln", "mln", "crore", "cr", "lakh"], "m"),
    **dict.fromkeys(("cent", "cents"), "c"),
    **dict.fromkeys(("point", "points", "pts"), "p"),
    "bps": "b", "x": "x",
}  # fmt: skip
_LOW_BITS = (1 << TALLY_BITS) - 1
_NUMBERS, _NEGATIONS, _PHRASES, _SLANG = (
    _LOW_BITS << TALLY_BITS * TALLIED.index(name) for name in ("number", "negation", "phrase", "slang")
)


class Reading:
    """`keys` are the words by which features name them. `phrases` has name and last word by first word, `negated` and
    `inside` (of a phrase) the places of words. `numbers` and `slang` tell whether there are any.
    """

    __slots__ = ("inside", "keys", "negated", "numbers", "phrases", "slang", "tally", "words")

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = words
        self.keys = [word.key for word in words]
        self.tally = tally = sum([word.tally for word in words])
        self.numbers = bool(tally & _NUMBERS)
        if self.numbers:
            self._join_units()
        self.phrases: dict[int, tuple[str, int]] = {}
        self.inside: set[int] = set()
        if tally & _PHRASES:
            self._find_phrases()
        self.slang = bool(tally & _SLANG) or any(name in SLANG for name, _ in self.phrases.values())
        self.negated: set[int] = set()
        if tally & _NEGATIONS or self.phrases:
            self._find_negated()

    def variant(self, index: int) -> int:
        """How the word at `index` stands: a combination of NEGATED and IN_PHRASE."""
        return (NEGATED if index in self.negated else 0) | (IN_PHRASE if index in self.inside else 0)

    def _join_units(self) -> None:
        # a unit that follows as a word of its own is written into the form of the number
        words, keys = self.words, self.keys
        for index in range(len(words) - 1):
            if words[index].number is not None and keys[index].endswith("#"):
                keys[index] += _UNIT_WORDS.get(words[index + 1].lower, "")

    def _find_phrases(self) -> None:
        words = self.words
        for index in [index for index, word in enumerate(words) if word.phrases]:
            phrases = words[index].phrases
            after = self._after(index)
            if phrases is None or after >= len(words) or index in self.inside:
                continue
            for stems, name in phrases.get(words[after].stem, ()):
                end = self._end_of(after, stems)
                if end >= 0:
                    self.phrases[index] = (name, end)
                    self.inside.update(range(index, end + 1))
                    break

    def _after(self, index: int) -> int:
        """The next word, past a hyphen; not always one that there is."""
        index += 1
        return index + 1 if index < len(self.words) and self.words[index].key == "-" else index

    def _end_of(self, index: int, stems: Sequence[str]) -> int:
        """Where a phrase ends of which `stems` are to follow the word at `index`; -1 if they do not."""
        for wanted in stems:
            index = self._after(index)
            if index >= len(self.words) or self.words[index].stem != wanted:
                return -1
        return index

    def _find_negated(self) -> None:
        reach = 0
        for index, word in enumerate(self.words):
            if word.kind == "mark":
                reach = 0
            elif index < reach:
                self.negated.add(index)
            phrase = self.phrases.get(index)
            if (phrase[0] == "not") if phrase else (word.negates and index not in self.inside):
                reach = index + _NEGATION_REACH + 1


def clauses(words: Sequence[Word]) -> list[int]:
    """The number of each word's clause: marks and words such as `while` begin one."""
    found = []
    clause = 0
    for word in words:
        if word.ends_clause or word.begins_part:
            clause += 1
        found.append(clause)
    return found
