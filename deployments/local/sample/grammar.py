"""How a phrase becomes a sentence: choices in brackets, names in braces, Korean particles. It knows no phrases."""

import re
from typing import Literal, NamedTuple

from deployments.local.sample.dice import Dice

Tone = Literal["up", "down", "flat"]

_CHOICE = re.compile(r"\[([^\[\]]*)\]")

# particle → its form after a final consonant, and after a vowel
_PARTICLES = {
    "은": ("은", "는"), "이": ("이", "가"), "을": ("을", "를"), "과": ("과", "와"), "으로": ("으로", "로"),
    "이야": ("이야", "야"), "이랑": ("이랑", "랑"), "이라": ("이라", "라"), "이나": ("이나", "나"),
}  # fmt: skip

# names in Latin letters are read aloud in Korean; these end in a vowel
_READ_ALOUD = {"NAVER": "네이버"}


class Phrasebook(NamedTuple):
    """What one language has to say. `{n}` and `{m}` are names, `{pct}` the day's move in per cent without its sign."""

    about: dict[Tone, tuple[str, ...]]
    events: dict[str, tuple[str, ...]]
    irony: tuple[str, ...]
    pairs: tuple[str, ...]
    market: dict[Tone, tuple[str, ...]]
    traps: tuple[str, ...]
    openings: tuple[str, ...]
    closings: dict[Tone, tuple[str, ...]]
    signs: dict[Tone, tuple[str, ...]]
    hashtags: tuple[str, ...]
    titles: tuple[str, ...]
    essay_first: tuple[str, ...]
    essay: dict[Tone, tuple[str, ...]]
    essay_last: tuple[str, ...]


def lines(block: str) -> tuple[str, ...]:
    """The phrases of a block of text, one on each line."""
    return tuple(line.strip() for line in block.splitlines() if line.strip())


class Word(str):
    """A Korean name that takes the right particle: `{n:은}` gives 삼전은 but 카카오는.

    >>> f"{Word('삼전'):은} {Word('카카오'):은} {Word('구글'):으로}"
    '삼전은 카카오는 구글로'
    """

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        if not spec:
            return str(self)
        closed, open_ = _PARTICLES[spec]
        final = (ord(_READ_ALOUD.get(self, self)[-1]) - 0xAC00) % 28
        rieul = 8
        return str(self) + (open_ if final == 0 or (spec == "으로" and final == rieul) else closed)


def expand(phrase: str, dice: Dice) -> str:
    """`phrase` with one choice taken from each [a|b|c], innermost first."""
    while match := _CHOICE.search(phrase):
        phrase = phrase[: match.start()] + dice.pick(match[1].split("|")) + phrase[match.end() :]
    return phrase
