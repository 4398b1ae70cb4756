"""Bare tickers: `MAXR seems like a good play`, `005930 매수`. Believed only with evidence: most capitals mean none.

It knows no names. A candidate must be listed and off the stop list, and the shorter it is, the more must speak for it.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from lib.text.hangul import has_hangul
from lib.tickers import tables
from lib.tickers.context import exchange_before, finance_beside, finance_near, shouts

_CANDIDATE = re.compile(
    r"(?<![\w$&@'./\\-])(?:(?P<letters>[A-Z]{1,5}(?:[.-][A-Z])?)(?![\w&@]|'[A-RT-Za-rt-z]|[./-]\w)"
    r"|(?P<code>\d{4}[0-9A-Z]\d)(?P<market>\.K[SQ])?(?![A-Za-z0-9,%원주명억만년]|\.\d))"
)
# round amounts and dates that look like codes
_NO_CODE = re.compile(r"20\d{4}|19\d{4}|\d000\d\d|\d{2}0000")
# capitals and digits as they are; what stands around a word as a space; what makes it another kind of word as a letter
_CASED = bytes(code if chr(code).isalnum() else ord("x" if chr(code) in "$&@_" else " ") for code in range(256))
_EXCHANGES = re.compile("NYSE|N[Aa][Ss][Dd][Aa][Qq]|AMEX|KRX|KOSPI|KOSDAQ")


class Ticker(NamedTuple):
    """A bare ticker as listed, how surely it is one, and its span."""

    ticker: str
    confidence: float
    start: int
    end: int


def quick_words(listed: Iterable[str]) -> frozenset[bytes]:
    """A text without any of these words holds no bare ticker of `listed`, unless an exchange introduces it."""
    words = (ticker.partition("-")[0].partition(".")[0] for ticker in listed)
    return frozenset(word.encode() for word in words if len(word) > 1 and word not in tables.words("acronyms.txt"))


def find_tickers(text: str, listed: Collection[str], quick: frozenset[bytes], *, company: bool) -> Iterator[Ticker]:
    """Bare tickers of `listed` in `text`, in its order; `quick` is `quick_words(listed)`.

    `company` says that other evidence has already shown this text to speak of stocks.
    """
    words = quick.intersection(text.encode("latin-1", "replace").translate(_CASED).split())
    if ":" in text and _EXCHANGES.search(text):
        matches = list(_CANDIDATE.finditer(text))
    elif words:
        matches = list(_matches_of(words, text))
    else:
        return
    candidates = [(match, ticker) for match in matches if (ticker := _listed_as(match)) in listed]
    if not candidates:
        return
    counts = Counter(ticker for _, ticker in candidates)
    loud = shouts(text)
    korean = has_hangul(text)
    for match, ticker in candidates:
        start, end = match.span()
        if match["code"]:
            confidence = _code(text, match, korean=korean)
        else:
            confidence = _letters(text, ticker, start, end, loud=loud, others=company or counts[ticker] > 1)
        if confidence:
            yield Ticker(ticker, confidence, start, end)


def _matches_of(words: Iterable[bytes], text: str) -> Iterator[re.Match[str]]:
    """The candidates that begin with one of `words`, in the order of the text; faster than trying everywhere."""
    starts: list[int] = []
    for word in words:
        written = word.decode()
        start = text.find(written)
        while start >= 0:
            starts.append(start)
            start = text.find(written, start + len(written))
    for start in sorted(set(starts)):
        match = _CANDIDATE.match(text, start)
        if match is not None:
            yield match


def _listed_as(match: re.Match[str]) -> str:
    letters: str | None = match["letters"]
    return match[0] if letters is None else letters.replace(".", "-")


def _code(text: str, match: re.Match[str], *, korean: bool) -> float:
    """A Korean code: sure with its market, likely amid talk of stocks in a Korean text, otherwise a number."""
    if match["market"]:
        return 0.97
    if not korean:
        return 0.0
    start, end = match.span()
    before, after = text[start - 1 : start], text[end : end + 1]
    if before == "(" and after == ")":
        return 0.92
    if before in ("-", ":", "₩", "#") or _NO_CODE.fullmatch(match["code"]):
        return 0.0
    return 0.8 if finance_near(text, start, end) else 0.0


def _letters(text: str, ticker: str, start: int, end: int, *, loud: bool, others: bool) -> float:
    """Capitals: by what stands beside and near them, their number, and whether everything is in capitals anyway."""
    if exchange_before(text, start):
        return 0.96
    if len(ticker) == 1 or ticker in tables.words("acronyms.txt"):
        return 0.0
    beside = finance_beside(text, start, end)
    if ticker.lower() in tables.words("words.txt"):
        # a word in capitals is emphasis, unless it is traded on the spot and nothing around it shouts
        return 0.62 if beside and not loud and not _loud_neighbour(text, start, end) else 0.0
    if loud:
        return 0.6 if beside and len(ticker) >= 3 else 0.0
    weight = 2 if beside else int(finance_near(text, start, end))
    weight += others + (ticker in tables.aliases()) + (text[start - 1 : start] == "#")
    weight += (len(ticker) >= 4) - (len(ticker) <= 2)
    return min(0.6 + 0.08 * weight, 0.9) if weight > 0 else 0.0


def _loud_neighbour(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - 30) : start].split()[-1:]
    after = text[end : end + 30].split()[:1]
    return any(len(word) > 1 and word.isupper() and word.isalpha() for word in before + after)
