"""What VADER knows about single words: valences, boosters, negations. It does not know how words act on each other.

The lexicon and the word lists come from the installed package vaderSentiment; NLTK's, which `vader@1` follows, differ
from them in the few entries named here. NLTK itself ships no lexicon, and importing it for its word lists would cost
each process a second and 45 MB.
"""

import string
from functools import cache
from importlib import resources

from vaderSentiment.vaderSentiment import BOOSTER_DICT, NEGATE

# what NLTK's lexicon has otherwise: None where it lacks the entry
_LEXICON_DIFFERENCES = {"heart": None, "hearts": None, "flawed": None, ":P": None, "badass": -0.6, ":p": 1.4}

_BOOSTERS_OF_VADERSENTIMENT_ALONE = {
    "considerable", "enormous", "exceptional", "extreme", "frackin", "fracking", "fuckin", "fuggin", "fugging",
    "incredible", "major", "marginal", "occasional", "scarce", "slight", "total", "tremendous", "utter",
}  # fmt: skip

BOOSTERS: dict[str, float] = {
    word: scalar for word, scalar in BOOSTER_DICT.items() if word not in _BOOSTERS_OF_VADERSENTIMENT_ALONE
}
NEGATIONS = frozenset(NEGATE)

# whole and fractional numbers stay as NLTK has them: summing is exact to the bit only among equal types
IDIOMS: dict[str, float] = {
    "the shit": 3, "the bomb": 3, "bad ass": 1.5, "yeah right": -2,
    "cut the mustard": 2, "kiss of death": -1.5, "hand to mouth": -2,
}  # fmt: skip
DAMPENING_PAIRS = frozenset(word for word in BOOSTERS if " " in word)

# what may stand before or after a word and is taken off it; any other punctuation makes the token a different word
EDGES = frozenset((".", "!", "?", ",", ";", ":", "-", "'", '"', "!!", "!!!", "??", "???", "?!?", "!?!", "?!?!", "!?!?"))

_IN_PHRASES = frozenset(part for phrase in (*IDIOMS, *DAMPENING_PAIRS) for part in phrase.split())
_EDGE_CHARACTERS = "".join(sorted({character for edge in EDGES for character in edge}))
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)

# longer tokens are addresses for the most part, which never come back
_KEPT_LENGTH = 16
_KEPT_TOKENS = 1 << 17

# the longest entry of the lexicon has 19 characters, the longest edge 4
_LONGEST_NOTABLE = 23


@cache
def lexicon() -> dict[str, float]:
    """NLTK's lexicon: 7,502 words and emoticons with their mean valence, none of which is 0. Read once, kept."""
    valences: dict[str, float] = {}
    file = resources.files("vaderSentiment") / "vader_lexicon.txt"
    for line in file.read_text(encoding="utf-8").split("\n"):
        word, valence = line.strip().split("\t")[:2]
        valences[word] = float(valence)
    for word, differing in _LEXICON_DIFFERENCES.items():
        if differing is None:
            del valences[word]
        else:
            valences[word] = differing
    return valences


class Word:
    """One token as the rules see it. `valence` is 0 where it does not weigh by itself, as boosters never do."""

    __slots__ = ("bare", "booster", "in_lexicon", "in_phrase", "is_upper", "lower", "negates", "valence")

    def __init__(self, token: str) -> None:
        self.bare = bare(token)
        self.lower = self.bare.lower()
        self.is_upper = self.bare.isupper()
        self.booster = BOOSTERS.get(self.lower, 0.0)
        self.in_lexicon = self.lower in lexicon()
        self.valence = 0.0 if self.booster else lexicon().get(self.lower, 0.0)
        self.negates = self.lower in NEGATIONS or "n't" in self.lower
        self.in_phrase = self.bare in _IN_PHRASES


class Words(dict[str, Word]):
    """Token of two characters or more → Word, looked into once; bounded, whatever is read."""

    def __missing__(self, token: str) -> Word:
        word = Word(token)
        if len(token) <= _KEPT_LENGTH:
            if len(self) >= _KEPT_TOKENS:
                self.clear()
            self[token] = word
        return word


class Notable:
    """Which tokens weigh something or are a `but`; a text of `plain` ones alone weighs nothing. Bounded as Words is."""

    def __init__(self) -> None:
        self.plain: set[str] = set()
        self.known: set[str] = set()
        self._lexicon = lexicon()

    def look(self, token: str) -> bool:
        """Whether `token` is notable; from then on it is in `known` or `plain`, unless it is too long to be kept."""
        if len(token) > _LONGEST_NOTABLE:
            return False
        lower = bare(token).lower()
        notable = (len(token) > 1 and lower in self._lexicon and lower not in BOOSTERS) or lower == "but"
        if len(token) <= _KEPT_LENGTH:
            kept = self.known if notable else self.plain
            if len(kept) >= _KEPT_TOKENS:
                kept.clear()
            kept.add(token)
        return notable


def bare(token: str) -> str:
    """`token` without the marks before it or after it, if they are of the known kinds, and it has no other punctuation.

    >>> bare("good!!"), bare("don't"), bare(":-)"), bare("(good)")
    ('good', "don't", ':-)', '(good)')
    """
    if len(token.strip(_EDGE_CHARACTERS)) == len(token):
        return token
    word = token.translate(_NO_PUNCTUATION)
    if 1 < len(word) < len(token) and (
        (token.endswith(word) and token[: -len(word)] in EDGES)
        or (token.startswith(word) and token[len(word) :] in EDGES)
    ):
        return word
    return token
