"""The words of `korean@1` and where they stand in a text. It does not know how they act on each other.

They come from lexicon.txt beside this module, which says how it is written. Read once, at the first text.
"""

from collections.abc import Iterator
from importlib.resources import files
from typing import Literal, NamedTuple, cast, get_args

from ahocorasick_rs import AhoCorasick, MatchKind

Kind = Literal["good", "bad", "up", "down", "relief", "high", "low", "wanted", "unwanted", "more", "less", "nothing"]


class Entry(NamedTuple):
    """One stem, what it does, how strongly, and whether it must begin a word."""

    stem: str
    kind: Kind
    weight: float
    begins: bool


class Hit(NamedTuple):
    """An entry at [start, end) of a text."""

    kind: Kind
    weight: float
    start: int
    end: int


class Lexicon:
    """Finds every entry of lexicon.txt; of several at one place the longest. Immutable, safe to share."""

    def __init__(self) -> None:
        self.entries = tuple(_read())
        self._automaton = AhoCorasick([entry.stem for entry in self.entries], MatchKind.LeftmostLongest)

    def find(self, text: str) -> list[Hit]:
        """The hits in `text`, in its order; none overlap."""
        entries = self.entries
        hits = []
        for index, start, end in self._automaton.find_matches_as_indexes(text):
            _, kind, weight, begins = entries[index]
            if not begins or _begins(text, start):
                hits.append(Hit(kind, weight, start, end))
        return hits


def _begins(text: str, start: int) -> bool:
    """Does a word begin at `start`, or right after a negation without its space, as in 안오른다?"""
    if start and text[start - 1] in "안못":
        start -= 1
    return not start or not text[start - 1].isalpha()


def _read() -> Iterator[Entry]:
    kind: Kind | None = None
    known: set[str] = set()
    for line in files(__package__).joinpath("lexicon.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind = cast(Kind, line.strip("[]"))
            assert kind in get_args(Kind), line
        elif line and not line.startswith("#"):
            assert kind is not None
            weight, _, words = line.partition(": ")
            for word in words.split():
                for stem in _spellings(word.removeprefix("^")):
                    if stem in known:
                        raise ValueError(f"{stem!r} stands in the lexicon twice")
                    known.add(stem)
                    yield Entry(stem, kind, float(weight), word.startswith("^"))


def _spellings(word: str) -> set[str]:
    """The spellings of `word`: `_` is a space or nothing, all of them alike."""
    return {word.replace("_", " "), word.replace("_", "")}
