"""`korean@1`: Korean talk of stocks and companies, read word by word with what stands around each.

It knows no English. Words that are good or bad weigh by themselves. A direction (증가, 하락) weighs by what it is said
of: a falling profit is bad, a falling loss good. Negation turns a word, a condition or question weakens it, a
concession yields to what follows. The sum is squashed into [-1, 1] as the other scorers do it. Time grows linearly
with the text.
"""

import math
from collections.abc import Iterable, Sequence
from functools import cached_property

from lib.domain.sentiment import Score, Term
from lib.scoring.korean.about import shares
from lib.scoring.korean.amounts import compared_amounts, signed_numbers
from lib.scoring.korean.grammar import (
    is_attribute,
    is_base,
    is_cause,
    is_negated,
    is_question,
    is_supposed,
    sentence_ends,
    turning_point,
)
from lib.scoring.korean.lexicon import Hit, Lexicon
from lib.scoring.verdict import NEUTRAL, label_of, strongest
from lib.text.normalise import fold

_ALPHA = 15
_NEGATION = -0.75
_SUPPOSED, _ASKED = 0.4, 0.6
_CONCEDED, _STRESSED = 0.5, 1.3
# of a direction with nothing to go by
_ALONE = 0.6
_TOPIC_BEFORE = 34
_TOPIC_AGAIN = 12
_DEGREE_BEFORE = 9
_AMOUNTS = 1.5
_SIGNED_NUMBER = 1.2
_UNWANTED_AGAIN = -1.0

_DIRECTIONS = {"up": 1, "high": 1, "down": -1, "low": -1, "relief": -1}
_TOPICS = frozenset(("wanted", "unwanted"))
_DEGREES = frozenset(("more", "less"))


class _Weighed:
    """A hit with what it weighs so far."""

    __slots__ = ("end", "start", "weight")

    def __init__(self, start: int, end: int, weight: float) -> None:
        self.start, self.end, self.weight = start, end, weight


class Korean:
    """A scorer. May be used by several threads at once; the lexicon is read at the first text."""

    name = "korean@1"

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon()

    def score(self, text: str, *, lang: str | None = None) -> Score:
        """The score of `text`. Spans count its code points from 0; `lang` changes nothing, the lexicon is Korean."""
        if text.isascii():
            return NEUTRAL
        folded = fold(text)
        plain = folded.text
        weighed = self._weigh(plain)
        if not weighed:
            return NEUTRAL
        terms = []
        for found in weighed:
            start, end = folded.span(found.start, found.end)
            terms.append(Term(text[start:end], start, end, found.weight))
        raw = math.fsum(term.weight for term in terms)
        value = _squashed(raw)
        return Score(value, label_of(value), raw, strongest(terms, raw))

    def score_mentions(self, text: str, places: list[tuple[int, int]]) -> list[float]:
        """For each place, code points [start, end) of a mention, how the text speaks of it: a value in [-1, 1]."""
        folded = fold(text)
        weighed = self._weigh(folded.text)
        said = [folded.span(found.start, found.end)[0] for found in weighed]
        return [
            _squashed(math.fsum(found.weight * share for found, share in zip(weighed, of_mention, strict=True)))
            for of_mention in shares(text, places, said)
        ]

    def _weigh(self, text: str) -> list[_Weighed]:
        """Everything in `text` that weighs something, in its order."""
        hits = self._lexicon.find(text)
        signed = list(signed_numbers(text))
        if not hits and not signed:
            return []
        found: list[_Weighed] = []
        begin = place = 0
        for end in sentence_ends(text):
            first = place
            while place < len(hits) and hits[place].start < end:
                place += 1
            sentence = _weigh_sentence(text, begin, end, hits[first:place])
            found += sentence
            begin = end
        found += [_Weighed(number.start, number.end, number.sign * _SIGNED_NUMBER) for number in signed]
        return sorted((one for one in found if one.weight), key=lambda one: one.start)


def _squashed(raw: float) -> float:
    return round(raw / math.sqrt(raw * raw + _ALPHA), 4) + 0.0


def _weigh_sentence(text: str, begin: int, end: int, hits: Sequence[Hit]) -> list[_Weighed]:
    if not hits:
        return []
    found: list[_Weighed] = []
    # the latest topic, and what it weighs by itself
    topic: Hit | None = None
    burden: _Weighed | None = None
    used = False
    directed = False
    for place, hit in enumerate(hits):
        kind = hit.kind
        if kind == "nothing" or kind in _DEGREES:
            continue
        if kind in _TOPICS:
            topic, burden, used = None if is_cause(text, hit.end) else hit, None, False
            if hit.weight and not is_base(text, hit.end):
                burden = _Weighed(hit.start, hit.end, _changed(text, hits, place, hit.weight))
                found.append(burden)
            continue
        direction = _DIRECTIONS.get(kind, 0)
        if not direction:
            weight = hit.weight if kind == "good" else -hit.weight
            found.append(_Weighed(hit.start, hit.end, _changed(text, hits, place, weight)))
            continue
        directed = True
        said_of = _said_of(text, hits, place, topic, _TOPIC_AGAIN if used else _TOPIC_BEFORE)
        used = True
        weight = _directed(kind, direction, hit.weight, said_of, burden)
        found.append(_Weighed(hit.start, hit.end, _changed(text, hits, place, weight)))
    if not directed:
        found += _compared(text, begin, end, hits)
    return _in_context(text, begin, end, found)


def _said_of(text: str, hits: Sequence[Hit], place: int, before: Hit | None, farthest: int) -> Hit | None:
    """The topic of the direction at `place`: the one before it, or, where it is an attribute, the one after it."""
    hit = hits[place]
    if before is not None and hit.start - before.end <= farthest:
        return before
    following = hits[place + 1] if place + 1 < len(hits) else None
    if following is not None and following.kind in _TOPICS and is_attribute(text, hit.start, hit.end, following.start):
        return following
    return None


def _directed(kind: str, direction: int, strength: float, topic: Hit | None, burden: _Weighed | None) -> float:
    """What a direction weighs, said of `topic`; what the topic weighed by itself is taken back where it is relieved."""
    if topic is None:
        if kind == "relief":
            return strength
        return direction * strength * (1.0 if kind in ("high", "low") else _ALONE)
    if topic.kind == "wanted":
        return 0.0 if kind == "relief" else direction * strength
    if direction > 0:
        return _UNWANTED_AGAIN if topic.weight else -strength * 0.7
    if burden is not None:
        burden.weight = 0.0
    return max(abs(strength), 1.0) * (1.0 if topic.weight else 0.7)


def _compared(text: str, begin: int, end: int, hits: Sequence[Hit]) -> Iterable[_Weighed]:
    topics = [hit for hit in hits if hit.kind in _TOPICS]
    if topics:
        amounts = compared_amounts(text, begin, end)
        if amounts is not None:
            wanted = 1 if topics[0].kind == "wanted" else -1
            yield _Weighed(amounts.start, amounts.end, amounts.sign * wanted * _AMOUNTS)


def _changed(text: str, hits: Sequence[Hit], place: int, weight: float) -> float:
    """`weight` of the hit at `place`, once the degree before it and the grammar around it acted on it."""
    hit = hits[place]
    before = hits[place - 1] if place else None
    if before is not None and before.kind in _DEGREES and hit.start - before.end <= _DEGREE_BEFORE:
        weight *= before.weight
    if is_negated(text, hit.start, hit.end):
        weight *= _NEGATION
    if is_supposed(text, hit.end):
        weight *= _SUPPOSED
    return weight


def _in_context(text: str, begin: int, end: int, found: list[_Weighed]) -> list[_Weighed]:
    turn = turning_point(text, begin, end)
    asked = is_question(text, end)
    if turn is not None or asked:
        for one in found:
            if turn is not None:
                one.weight *= _STRESSED if one.start >= turn else _CONCEDED
            if asked:
                one.weight *= _ASKED
    return found
