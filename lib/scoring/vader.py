"""`vader@1`: the compound value of NLTK's VADER, bit for bit, with its reasons. It knows no finance, Korean or emoji.

Each lexicon word weighs its valence, changed by up to three words before it, by capitals, idioms and a `but`; the sum,
plus emphasis for exclamation and question marks, is squashed into [-1, 1]. NLTK takes every repetition of a word for
its first occurrence and minds the capitals of idioms and of `never so/this`, and so does this. Time grows linearly
with the text.
"""

import math
import re
from collections.abc import Iterable, Sequence, Set
from functools import cached_property

from lib.domain.sentiment import Label, Score, Term
from lib.scoring.vader_words import DAMPENING_PAIRS, IDIOMS, Sieve, Word, Words
from lib.scoring.verdict import NEUTRAL, label_of, strongest

_CAPITALS = 0.733
_NEGATION = -0.74
_DAMPENED = -0.293
_DISTANCE = (1.0, 0.95, 0.9)
_ALPHA = 15
_KEPT_VALUES = 1 << 16

_EXCLAMATION = re.compile("!+")
_QUESTION = re.compile(r"\?+")
_EITHER = re.compile("[!?]+")


class Vader:
    """A scorer. May be used by several threads at once; the lexicon is read at the first text."""

    name = "vader@1"

    def __init__(self) -> None:
        self._words = Words()
        self._values = _Values()

    @cached_property
    def _sieve(self) -> Sieve:
        return Sieve(self._words)

    def score(self, text: str, *, lang: str | None = None) -> Score:
        """The score of `text`. Spans count its code points from 0; `lang` changes nothing, the lexicon is English."""
        found, tokens, acting = self._sieve.find(text)
        if not found:
            return NEUTRAL
        weights = self._weigh_in_place(_Counted(tokens), found, acting) if acting else _weigh_alone(tokens, found)
        if 0.0 in weights:
            weights = _apply_but(found, weights)
        summed = float(sum(weights))
        emphasis = math.copysign(_emphasis(text), summed) if summed and ("!" in text or "?" in text) else 0.0
        raw = summed + emphasis
        terms = _terms(text, found, weights)
        if emphasis:
            terms.append(_emphasis_term(text, emphasis))
        value, label = self._values[raw]
        return Score(value, label, raw, strongest(terms, raw))

    def _weigh_in_place(self, counted: "_Counted", found: Iterable[Word], acting: Set[str]) -> list[float]:
        """What each of the words `found` weighs where it stands among the tokens `counted`, some of which are `acting`
        on others; a `but` weighs 0.
        """
        words = self._words
        first: dict[str, float] = {}
        weights: list[float] = []
        index = -1
        for word in found:
            if not word.valence:
                weights.append(0.0)
                continue
            index = counted.index(word.token, index + 1)
            weight = first.get(word.bare)
            if weight is None:
                begin = index - 3 if index > 3 else 0
                near = counted[begin : index + 3]
                if acting.isdisjoint(near):
                    weight = _alone(word, counted)
                else:
                    weight = _weigh([words[token] for token in near], index - begin, counted)
                first[word.bare] = weight
            weights.append(weight)
        return weights


class _Counted(list[str]):
    """The tokens of a text that are words to NLTK: those of two characters or more."""

    def __init__(self, tokens: Iterable[str]) -> None:
        super().__init__([token for token in tokens if len(token) > 1])

    @cached_property
    def mixed(self) -> bool:
        """Are some of them in capitals, and not all?"""
        return len(set(map(str.isupper, self))) == 2


class _Values(dict[float, tuple[float, Label]]):
    """Sum of weights → value and label. The same few sums come over and over; bounded, whatever is read."""

    def __missing__(self, raw: float) -> tuple[float, Label]:
        # adding 0.0 makes a rounded -0.0 an ordinary zero
        value = round(raw / math.sqrt(raw * raw + _ALPHA), 4) + 0.0
        if len(self) >= _KEPT_VALUES:
            self.clear()
        self[raw] = found = (value, label_of(value))
        return found


def _weigh_alone(tokens: Iterable[str], found: Iterable[Word]) -> list[float]:
    """What each of the words `found` weighs where no word acts on another; a `but` weighs 0."""
    weights = []
    counted = None
    for word in found:
        if word.is_upper and word.valence:
            counted = counted or _Counted(tokens)
            weights.append(_alone(word, counted))
        else:
            weights.append(word.valence)
    return weights


def _alone(word: Word, counted: _Counted) -> float:
    """The valence of `word` where no other acts on it: capitals strengthen it where not all is written in them."""
    return word.valence + _capitals(word.valence) if word.is_upper and counted.mixed else word.valence


def _capitals(valence: float) -> float:
    return _CAPITALS if valence > 0 else -_CAPITALS


def _apply_but(found: Iterable[Word], weights: list[float]) -> list[float]:
    """The first `but` halves what stands before it and strengthens what comes after."""
    but = next((place for place, word in enumerate(found) if word.lower == "but"), None)
    if but is None:
        return weights
    return [weight * (0.5 if place < but else 1.5) for place, weight in enumerate(weights)]


def _weigh(words: Sequence[Word], i: int, counted: _Counted) -> float:
    """The valence of the word at `i` once the words around it acted on it: up to three before, two after.

    `counted` are the tokens of the whole text.
    """
    word = words[i]
    if word.lower == "kind" and i + 1 < len(words) and words[i + 1].lower == "of":
        return 0
    valence = _alone(word, counted)
    for near in words:
        if near.acts:
            return _act(words, i, valence, counted)
    return valence


def _act(words: Sequence[Word], i: int, valence: float, counted: _Counted) -> float:
    """What the word at `i` weighs, `valence` so far, once those before it acted on it."""
    for distance in range(1, min(i, 3) + 1):
        before = words[i - distance]
        if before.in_lexicon:
            continue
        if before.booster:
            scalar = before.booster if valence >= 0 else -before.booster
            if before.is_upper and counted.mixed:
                scalar += _capitals(valence)
            valence += scalar * _DISTANCE[distance - 1]
        factor = _never_so(words, i, distance) if distance > 1 else 0.0
        if factor:
            valence *= factor
        elif before.negates:
            valence *= _NEGATION
        if distance == 3 and any(near.makes_phrase for near in words):
            valence = _phrases(words, i, valence)
    if i and words[i - 1].lower == "least" and not (i > 1 and words[i - 2].lower in ("at", "very")):
        valence *= _NEGATION
    return valence


def _never_so(words: Sequence[Word], i: int, distance: int) -> float:
    """How much `never so …` or `never this …` strengthens; 0 where it does not stand there.

    At distance 3, NLTK's rule holds for a bare `so` or `this` right before the word too.
    """
    if distance == 2 and words[i - 2].bare == "never" and words[i - 1].bare in ("so", "this"):
        return 1.5
    if distance == 3 and (
        words[i - 1].bare in ("so", "this") or (words[i - 3].bare == "never" and words[i - 2].bare in ("so", "this"))
    ):
        return 1.25
    return 0.0


def _phrases(words: Sequence[Word], i: int, valence: float) -> float:
    three, two, one, zero = (word.bare for word in words[i - 3 : i + 1])
    before = (f"{one} {zero}", f"{two} {one} {zero}", f"{two} {one}", f"{three} {two} {one}", f"{three} {two}")
    for phrase in before:
        if phrase in IDIOMS:
            valence = IDIOMS[phrase]
            break
    after = [word.bare for word in words[i : i + 3]]
    for length in (2, 3):
        valence = IDIOMS.get(" ".join(after[:length]), valence) if len(after) >= length else valence
    if f"{three} {two}" in DAMPENING_PAIRS or f"{two} {one}" in DAMPENING_PAIRS:
        valence += _DAMPENED
    return valence


def _emphasis(text: str) -> float:
    exclamations, questions = text.count("!"), text.count("?")
    asking = 0.0 if questions < 2 else questions * 0.18 if questions <= 3 else 0.96
    return min(exclamations, 4) * 0.292 + asking


def _emphasis_term(text: str, weight: float) -> Term:
    """The emphasis of all marks of the text, shown at the first run of marks that count."""
    marks = _EXCLAMATION if text.count("?") < 2 else _EITHER if "!" in text else _QUESTION
    run = marks.search(text)
    assert run is not None
    return Term(run.group(), run.start(), run.end(), weight)


def _terms(text: str, found: Iterable[Word], weights: Iterable[float]) -> list[Term]:
    """One term for each of the words `found` that weighs anything; they come in the order of the text."""
    terms = []
    end = 0
    last = len(text)
    for word, weight in zip(found, weights, strict=True):
        if not weight:
            continue
        # a token that stands alone further on is the next one: had it stood before, that would have been one as well
        token = word.token
        start = text.find(token, end)
        end = start + len(token)
        while (start and not text[start - 1].isspace()) or (end < last and not text[end].isspace()):
            start = text.find(token, start + 1)
            end = start + len(token)
        begin = start + word.offset
        terms.append(Term(word.bare, begin, begin + len(word.bare), weight))
    return terms
