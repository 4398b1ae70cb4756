"""What VADER knows about single words: valences, boosters, negations. It does not know how words act on each other.

The lexicon and the word lists come from the installed package vaderSentiment; NLTK's, which `vader@1` follows, differ
from them in the few entries named here. NLTK itself ships no lexicon, and importing it for its word lists would cost
each process a second and 45 MB.
"""

import string
from collections.abc import Iterable, Set
from functools import cache
from importlib import resources
from itertools import compress

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

# of each phrase its rarest word, without which it is not there
_RAREST = frozenset(("shit", "bomb", "ass", "yeah", "mustard", "kiss", "mouth", "kind", "sort", "enough"))
# what acts on another word beside boosters and negations
_ACTING = _RAREST | {"never", "so", "this", "least"}
_EDGE_CHARACTERS = "".join(sorted({character for edge in EDGES for character in edge}))
_EDGE_BYTES = _EDGE_CHARACTERS.encode()
_LAST_MARK = max(_EDGE_CHARACTERS) + chr(0x10FFFF)
# small letters, and a space for the separators that only text knows as such
_SMALL = bytes(ord(" ") if 0x1C <= code <= 0x1F else code for code in bytes(range(256)).lower())
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)

# longer tokens are addresses for the most part, which never come back
_KEPT_LENGTH = 16
_KEPT_TOKENS = 1 << 17


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
    """One token as the rules see it. `valence` is 0 where it does not weigh by itself, as boosters never do.

    `matters`: it weighs or is a `but`. `acts`: it may change what words near it weigh; `makes_phrase`: as the rarest
    word of one of the phrases. `offset` is where `bare` begins in `token`.
    """

    __slots__ = (
        "acts", "bare", "booster", "in_lexicon", "is_upper", "lower", "makes_phrase", "matters", "negates", "offset",
        "token", "valence",
    )  # fmt: skip

    def __init__(self, token: str) -> None:
        self.token = token
        self.bare = bare(token)
        self.offset = token.find(self.bare)
        self.lower = self.bare.lower()
        self.is_upper = self.bare.isupper()
        self.booster = BOOSTERS.get(self.lower, 0.0)
        self.in_lexicon = self.lower in lexicon()
        # one character is no word to NLTK
        self.valence = 0.0 if self.booster or len(token) < 2 else lexicon().get(self.lower, 0.0)
        self.matters = self.valence != 0 or self.lower == "but"
        self.negates = self.lower in NEGATIONS or "n't" in self.lower
        self.makes_phrase = self.bare in _RAREST
        self.acts = bool(self.booster) or self.negates or self.lower in _ACTING


class Words(dict[str, Word]):
    """Token → Word, looked into once; bounded, whatever is read."""

    def __missing__(self, token: str) -> Word:
        word = Word(token)
        if len(token) <= _KEPT_LENGTH:
            if len(self) >= _KEPT_TOKENS:
                self.clear()
            self[token] = word
        return word


_NONE: frozenset[str] = frozenset()


class Sieve:
    """Finds the words of a text that matter without looking at every token: most texts have none.

    Of each token a piece is left, in small letters and without the marks that may stand at its edges. Every word that
    matters leaves one of `_weighing`, and few others do; every word that matters or acts leaves one of `_loud`, or
    holds `n't`. May be used by several threads at once.
    """

    def __init__(self, words: Words) -> None:
        self._words = words
        self._weighing = frozenset(map(_piece, (*lexicon(), "but"))) - {b""}
        self._loud = self._weighing.union(map(_piece, (*BOOSTERS, *NEGATIONS, *_ACTING)))

    def find(self, text: str) -> tuple[list[Word], list[str], Set[str]]:
        """The words of `text` that matter, in its order; where there are any, all its tokens, and those that act."""
        if text.isascii():
            tokens = None
            pieces = text.encode().translate(_SMALL, _EDGE_BYTES).split()
        else:
            # bytes split at the spaces of ASCII alone, NLTK at every kind
            tokens = text.split()
            pieces = " ".join(tokens).lower().encode("utf-8", "surrogatepass").translate(None, _EDGE_BYTES).split()
        # the only words of the lexicon that leave no piece hold one of these
        lost = ":-" in text or "-:" in text
        if self._weighing.isdisjoint(pieces) and not lost:
            return [], [], _NONE
        tokens = left = tokens or text.split()
        loud: Iterable[str] = tokens
        if not lost:
            if len(pieces) != len(left):
                # a mark alone leaves no piece
                left = [token for token in left if token > _LAST_MARK or token.strip(_EDGE_CHARACTERS)]
            loud = compress(left, map(self._loud.__contains__, pieces))
        found: list[Word] = []
        acting: set[str] = set()
        for token in loud:
            word = self._words[token]
            if word.matters:
                found.append(word)
            if word.acts:
                acting.add(token)
        if "'" in text and "n't" in text.lower():
            acting.update(token for token in tokens if "'" in token and "n't" in token.lower())
        return found, tokens, acting


def _piece(token: str) -> bytes:
    return token.lower().encode("utf-8", "surrogatepass").translate(None, _EDGE_BYTES)


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
