"""Bare tickers: `MAXR seems like a good play`, `in bbby?`, `005930 매수`. Believed only with evidence.

It knows no names. A candidate is listed and off the stop list; the more it may be a word, an acronym or a number, the
more must speak for it: words that take a stock beside it, talk of finance near it, that it is known to all, that other
stocks are meant around it.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from lib.text.hangul import is_syllable, syllables_at
from lib.text.particles import leaves_name_whole
from lib.tickers.context import (
    finance_beside,
    finance_near,
    follows_article,
    follows_preposition,
    is_traded,
    stock_word_after,
    takes_stock,
)
from lib.tickers.dictionary import Pattern
from lib.tickers.reading import Reading

_INTRODUCED = re.compile(r"[A-Za-z ]{3,24}?\s*:\s*\$?([A-Z]{1,6}(?:[.-][A-Z])?|\d{4}[0-9A-Z]\d)(?![\w&])")
# round amounts and dates that look like codes
_NO_CODE = re.compile(r"20\d{4}|19\d{4}|\d000\d\d|\d{2}0000")
_UNITS = frozenset(",%원주명억만년")
# what no English word of four letters or more has: no vowel, three consonants that do not go together, `jv` or `xs`
_UNSPEAKABLE = re.compile(
    r"(?=.{4})(?:[^aeiouy]+|.?[bcdfgjkmnpqtvwxz]{3}.*|.{0,2}[bcdfghjkmnpqtvwxz]{3}"
    r"|.*(?:[jqv][b-df-hj-np-tv-xz]|x[b-df-hj-np-sv-xz]).?)"
)
_LONGEST_LINK = 6
_LINKS = frozenset(("", "and", "or"))


class Candidate(NamedTuple):
    """A name or ticker, or what may be either, at [start, end) of a text; `listed_along` with others, as in AMD, MU."""

    pattern: Pattern
    start: int
    end: int
    listed_along: bool = False


def introduced_at(text: str, start: int) -> tuple[str, int, int] | None:
    """The ticker, and its span, that the exchange named at `start` introduces, as in `NYSE: T`."""
    match = _INTRODUCED.match(text, start)
    return None if match is None else (match[1].replace(".", "-"), *match.span(1))


def is_whole(text: str, start: int, end: int, *, listed_along: bool = False) -> bool:
    """Is [start, end) a word of its own, not part of an address, a compound or another word?

    `listed_along` with others it may stand between strokes, as in `amc/gme`.
    """
    before, after = text[start - 1 : start], text[end : end + 1]
    if before and (before.isalnum() or before in "&@'.\\_"):
        return False
    if before in ("-", "/") and not _joins_tickers(text, start - 2) and not (listed_along and before == "/"):
        return False
    if not after or after == " ":
        return True
    if after.isalnum():
        return is_syllable(after) and leaves_name_whole(text[end - 1], syllables_at(text, end))
    if after in "&@_":
        return False
    following = text[end + 1 : end + 2]
    if after == "'":
        return not following.isalpha() or following in "sS"
    if after == "/":
        return listed_along or not following.isalnum() or _joins_tickers(text, end + 1)
    if after == "-":
        return not following.isalnum() or following.islower()
    return after not in ".\\" or not following.isalnum()


def list_along(text: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    """`candidates`, in the order of `text`, those marked that stand in one list with the next or the last."""
    marked = list(candidates)
    for place in range(1, len(marked)):
        last, this = marked[place - 1], marked[place]
        if this.start - last.end <= _LONGEST_LINK and text[last.end : this.start].strip(" ,/&+|") in _LINKS:
            marked[place - 1] = last._replace(listed_along=True)
            marked[place] = this._replace(listed_along=True)
    return marked


def _joins_tickers(text: str, at: int) -> bool:
    """Is the mark beside `at` one between tickers, as in `AMD/NVDA`?"""
    return text[at : at + 1].isupper()


def ticker_confidence(reading: Reading, candidate: Candidate, *, others: bool) -> float:
    """How sure a bare ticker is; 0 if it is not believed.

    `others`: it comes again, or other stocks are meant for sure.
    """
    pattern, start, end, listed_along = candidate
    text = reading.blanked
    if not is_whole(text, start, end, listed_along=listed_along) or (
        pattern.mark and text[start + pattern.mark] not in ".-/"
    ):
        return 0.0
    written = text[start:end]
    if written[0].isdigit():
        return _code(reading, start, end)
    if written.isupper():
        return _capitals(reading, candidate, others=others)
    return _small(text, pattern, start, end, others=others)


def _code(reading: Reading, start: int, end: int) -> float:
    """A Korean code: sure with its market, likely amid talk of stocks in a Korean text, otherwise a number."""
    text = reading.blanked
    code = text[start:end]
    before, after = text[start - 1 : start], text[end : end + 1]
    if "." in code:
        return 0.97
    if not reading.is_korean or after in _UNITS:
        return 0.0
    if before == "(" and after == ")":
        return 0.92
    if before in ("-", ":", "₩", "#") or _NO_CODE.fullmatch(code):
        return 0.0
    return 0.8 if finance_near(text, start, end) else 0.0


def _capitals(reading: Reading, candidate: Candidate, *, others: bool) -> float:
    """Capitals: by what stands beside and near them, their number, and whether everything is in capitals anyway."""
    text = reading.blanked
    pattern, start, end, _ = candidate
    length = end - start
    beside = finance_beside(text, start, end)
    near = beside or finance_near(text, start, end)
    if pattern.ordinary:
        # a word in capitals is emphasis, unless it is traded on the spot and nothing around it shouts
        if reading.shouts or _has_loud_neighbour(text, start, end):
            return 0.0
        if beside:
            return 0.62 + 0.1 * pattern.popular
        return 0.62 if pattern.popular and near and follows_preposition(text, start) else 0.0
    if reading.shouts:
        if pattern.popular:
            return 0.7 if near or (length >= 3 and reading.is_of_finance) else 0.0
        return 0.6 if beside and length >= 3 else 0.0
    weight = 2 * beside + (near and not beside) + others + 2 * pattern.popular + candidate.listed_along
    # who marks the stocks he means with a sign means something else by what he does not mark
    weight += -1 if reading.tags else text[start - 1 : start] == "#"
    weight += (length >= 4) - (length <= 2) - (follows_article(text, start) and not beside)
    if not weight and length == 3 and not pattern.plain:
        return 0.62 if reading.is_of_finance and not _has_loud_neighbour(text, start, end) else 0.0
    return min(round(0.6 + 0.08 * weight, 2), 0.92) if weight > 0 else 0.0


def _small(text: str, pattern: Pattern, start: int, end: int, *, others: bool) -> float:
    """Small letters, or one capital: a ticker that is known to all or can be no word, where one is spoken of."""
    length = end - start
    if length < 3:
        return 0.0
    if pattern.plain:
        return 0.65 if pattern.popular and is_traded(text, start, end) else 0.0
    written = text[start:end]
    beside = finance_beside(text, start, end)
    near = beside or finance_near(text, start, end)
    unspeakable = _UNSPEAKABLE.fullmatch(written.lower()) is not None
    weight = 2 * pattern.popular + beside + near + 2 * unspeakable + others + (length >= 4)
    weight += follows_preposition(text, start) + stock_word_after(text, end)
    if written[0].isupper():
        # it may begin a sentence, or be a name
        weight -= not unspeakable
    enough = 2 if pattern.popular and written.islower() else 3
    return min(round(0.5 + 0.07 * weight, 2), 0.88) if weight >= enough else 0.0


def _has_loud_neighbour(text: str, start: int, end: int) -> bool:
    around = text[max(0, start - 30) : start].split()[-1:] + text[end : end + 30].strip(" ,.:;!?").split()[:1]
    words = (word.strip(",.:;!?()") for word in around)
    return any(len(word) > 1 and word.isupper() and not takes_stock(word) for word in words)
