"""`vader@1`: the compound value of NLTK's VADER, bit for bit, with its reasons. It knows no finance, Korean or emoji.

Each lexicon word weighs its valence, changed by up to three words before it, by capitals, idioms and a `but`; the sum,
plus emphasis for exclamation and question marks, is squashed into [-1, 1]. NLTK takes every repetition of a word for
its first occurrence and minds the capitals of idioms and of `never so/this`, and so does this. Time grows linearly
with the text.
"""

import math
import re
from collections.abc import Sequence
from functools import cached_property

from lib.domain.sentiment import Score, Term
from lib.scoring.vader_words import DAMPENING_PAIRS, IDIOMS, Notable, Word, Words, bare
from lib.scoring.verdict import NEUTRAL, label_of, strongest

_CAPITALS = 0.733
_NEGATION = -0.74
_DAMPENED = -0.293
_DISTANCE = (1.0, 0.95, 0.9)
_ALPHA = 15

_EXCLAMATION = re.compile("!+")
_QUESTION = re.compile(r"\?+")
_EITHER = re.compile("[!?]+")


class Vader:
    """A scorer. May be used by several threads at once; the lexicon is read at the first text."""

    name = "vader@1"
    accuracy: float | None = None

    def __init__(self) -> None:
        self._words = Words()

    @cached_property
    def _notable(self) -> Notable:
        return Notable()

    def score(self, text: str, *, lang: str | None = None) -> Score:
        """The score of `text`. Spans count its code points from 0; `lang` changes nothing, the lexicon is English."""
        tokens = text.split()
        plain, known, look = self._notable.plain, self._notable.known, self._notable.look
        notable = {token for token in tokens if token not in plain and (token in known or look(token))}
        if not notable:
            return NEUTRAL
        counted = [token for token in tokens if len(token) > 1]
        hits, weights = self._weigh_hits(counted, [i for i, token in enumerate(counted) if token in notable])
        summed = float(sum(weights))
        emphasis = math.copysign(_emphasis(text), summed) if summed else 0.0
        raw = summed + emphasis
        # adding 0.0 makes a rounded -0.0 an ordinary zero
        value = round(raw / math.sqrt(raw * raw + _ALPHA), 4) + 0.0
        terms = _terms(text, [counted[hit] for hit in hits], weights)
        if emphasis:
            terms.append(_emphasis_term(text, emphasis))
        return Score(value, label_of(value), raw, strongest(terms, raw))

    def _weigh_hits(self, tokens: Sequence[str], notable: Sequence[int]) -> tuple[list[int], list[float]]:
        """Where the words that weigh something are in `tokens`, and what each weighs, `but` included."""
        words = self._words
        mixed = len(set(map(str.isupper, tokens))) == 2
        first: dict[str, float] = {}
        hits: list[int] = []
        weights: list[float] = []
        but = -1
        for index in notable:
            word = words[tokens[index]]
            if not word.valence:
                but = index if but < 0 else but
                continue
            weight = first.get(word.bare)
            if weight is None:
                around = [words[token] for token in tokens[max(index - 3, 0) : index + 3]]
                weight = first[word.bare] = _weigh(around, min(index, 3), mixed)
            hits.append(index)
            weights.append(weight)
        if but >= 0:
            weights = [weight * (0.5 if index < but else 1.5) for index, weight in zip(hits, weights, strict=True)]
        return hits, weights


def _weigh(words: Sequence[Word], i: int, mixed: bool) -> float:
    """The valence of the word at `i` once the words around it acted on it: up to three before, two after.

    `mixed`: some words of the text are in capitals, and not all.
    """
    word = words[i]
    valence = word.valence
    if word.lower == "kind" and i + 1 < len(words) and words[i + 1].lower == "of":
        return 0
    if word.is_upper and mixed:
        valence += _CAPITALS if valence > 0 else -_CAPITALS
    for distance in range(1, min(i, 3) + 1):
        before = words[i - distance]
        if before.in_lexicon:
            continue
        if before.booster:
            scalar = before.booster if valence >= 0 else -before.booster
            if before.is_upper and mixed:
                scalar += _CAPITALS if valence > 0 else -_CAPITALS
            valence += scalar * _DISTANCE[distance - 1]
        factor = _never_so(words, i, distance)
        if factor:
            valence *= factor
        elif before.negates:
            valence *= _NEGATION
        if distance == 3 and (word.in_phrase or words[i - 1].in_phrase or words[i - 2].in_phrase):
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


def _terms(text: str, hits: Sequence[str], weights: Sequence[float]) -> list[Term]:
    """One term for each of the tokens `hits` that weighs anything; they come in the order of the text."""
    terms = []
    end = 0
    for token, weight in zip(hits, weights, strict=True):
        # a token that stands alone further on is the next hit: had it stood before, that would have been one as well
        start = text.find(token, end)
        while not _stands_alone(text, start, start + len(token)):
            start = text.find(token, start + 1)
        end = start + len(token)
        if weight:
            word = bare(token)
            begin = start + token.find(word)
            terms.append(Term(word, begin, begin + len(word), weight))
    return terms


def _stands_alone(text: str, start: int, end: int) -> bool:
    return (start == 0 or text[start - 1].isspace()) and (end == len(text) or text[end].isspace())
