"""Text to mentions: the layers in order of strength, and one mention per symbol, that of its strongest evidence.

Cashtags first, then names and aliases in Latin letters, names with Hangul, bare tickers. It abstains rather than
guesses: what it finds is meant to be right, not complete. It does not know today's date: `at` says on which day
listings must exist.
"""

from collections.abc import Iterable
from datetime import date
from functools import cached_property

from lib.domain.sentiment import Mention, Method
from lib.domain.symbols import Listing
from lib.text.addresses import blank_addresses
from lib.text.hangul import has_hangul, is_syllable
from lib.text.normalise import fold
from lib.text.particles import leaves_name_whole
from lib.tickers.bare import find_tickers
from lib.tickers.cashtags import find_cashtags
from lib.tickers.context import finance_beside, finance_near, is_title_case, shouts
from lib.tickers.dictionary import Claim, Dictionary, Name, Need, existing
from lib.tickers.names import as_letters

_MANY_TAGS = 10
_SURE, _LISTED_OFF = 0.99, 0.9
_LONGEST_TAIL = 8
_WORD_BEFORE = 24


_IN_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789&")


class _Reading:
    """One text being read: mentions so far, which code points they take, and what is true of the text as a whole."""

    def __init__(self, text: str, at: date | None, lang: str | None) -> None:
        self.text = text
        self.by_symbol: dict[str, Mention] = {}
        self._at = at
        self._lang = lang
        self._taken = bytearray(len(text))

    def add(self, claims: tuple[Claim, ...], method: Method, confidence: float, start: int, end: int) -> bool:
        """Notes a mention of who has the best claim on the day; False if nobody has one."""
        claim = existing(claims, self._at)
        if claim is None:
            return False
        self._taken[start:end] = b"\1" * (end - start)
        known = self.by_symbol.get(claim.symbol)
        if known is None or confidence > known.confidence:
            self.by_symbol[claim.symbol] = Mention(claim.symbol, method, confidence, start, end)
        return True

    def is_taken(self, start: int, end: int) -> bool:
        """Is any of [start, end) part of a mention? The stronger layers come first, and keep what they took."""
        return self._taken.find(1, start, end) >= 0

    @cached_property
    def shouts(self) -> bool:
        return shouts(self.text)

    @cached_property
    def is_title_case(self) -> bool:
        return is_title_case(self.text)

    @cached_property
    def is_korean(self) -> bool:
        return self._lang == "ko" or (not self.text.isascii() and has_hangul(self.text))


class Resolver:
    """Finds the listings that texts are about. 12,000 take half a second; `resolve` is safe from any thread."""

    def __init__(self, listings: Iterable[Listing]) -> None:
        self._dictionary = Dictionary(listings)

    def __reduce__(self) -> tuple[object, ...]:
        # the automata cannot travel between processes, what they are built from can
        return (Resolver, (self._dictionary.listings,))

    def resolve(self, text: str, *, lang: str | None = None, at: date | None = None) -> tuple[Mention, ...]:
        """The stocks `text` mentions: one mention per symbol, by position; spans count code points of `text`.

        `lang` is what the source said of the language, if it did; `at` keeps to listings that existed on that day.
        """
        folded = fold(text)
        reading = _Reading(blank_addresses(folded.text), at, lang)
        if "$" in reading.text:
            self._cashtags(reading)
        self._latin_names(reading)
        if not reading.text.isascii():
            self._hangul_names(reading)
        self._bare_tickers(reading)
        mentions = list(reading.by_symbol.values())
        if len(mentions) > 1:
            mentions.sort(key=_position)
        if folded.starts is not None:
            mentions = [Mention(m.symbol, m.method, m.confidence, *folded.span(m.start, m.end)) for m in mentions]
        return tuple(mentions)

    def unlisted_cashtags(self, text: str) -> list[tuple[str, ...]]:
        """How each cashtag of `text` may be spelt, likeliest first, of those that no listing has."""
        if "$" not in text and text.isascii():
            return []
        tickers = self._dictionary.tickers
        tags = find_cashtags(blank_addresses(fold(text).text))
        return [spellings for spellings, _, _ in tags if not any(spelling in tickers for spelling in spellings)]

    def _cashtags(self, reading: _Reading) -> None:
        tickers = self._dictionary.tickers
        tags = find_cashtags(reading.text)
        # a post that lists everything is about nothing in particular
        confidence = _SURE if len(tags) <= _MANY_TAGS else _LISTED_OFF
        for spellings, start, end in tags:
            for spelling in spellings:
                claims = tickers.get(spelling)
                if claims is not None and reading.add(claims, "cashtag", confidence, start, end):
                    break

    def _latin_names(self, reading: _Reading) -> None:
        names = self._dictionary.latin
        # a space in front, as every pattern has: so a match begins in the text where it begins in `letters`
        letters = b" " + as_letters(reading.text) + b" "
        for index, start, end in self._dictionary.find_latin.find_matches_as_indexes(letters):
            name = names[index]
            while letters[end] in _IN_WORD:
                if name.shorter < 0:
                    break
                name = names[name.shorter]
                end = start + 1 + len(name.text)
            else:
                if not name.claims or reading.text[start - 1 : start] == "$" or reading.is_taken(start, end - 1):
                    continue
                confidence = _latin_confidence(reading, name, start, end - 1)
                if confidence:
                    reading.add(name.claims, name.method, confidence, start, end - 1)

    def _hangul_names(self, reading: _Reading) -> None:
        names = self._dictionary.hangul
        text = reading.text.lower()
        for index, start, end in self._dictionary.find_hangul.find_matches_as_indexes(text):
            if start and _continues(text[start - 1], text[start]):
                continue
            name = names[index]
            while not _ends_well(text, end):
                if name.shorter < 0:
                    break
                name = names[name.shorter]
                end = start + len(name.text)
            else:
                if name.need is Need.FINANCE and not finance_near(text, start, end):
                    continue
                if name.need is Need.BESIDE and not finance_beside(text, start, end):
                    continue
                if not reading.is_taken(start, end):
                    reading.add(name.claims, name.method, name.confidence, start, end)

    def _bare_tickers(self, reading: _Reading) -> None:
        tickers = self._dictionary.tickers
        company = bool(reading.by_symbol)
        for ticker in find_tickers(reading.text, tickers, self._dictionary.quick_words, company=company):
            if not reading.is_taken(ticker.start, ticker.end):
                reading.add(tickers[ticker.ticker], "ticker", ticker.confidence, ticker.start, ticker.end)


def _position(mention: Mention) -> tuple[int, int, str]:
    return mention.start, mention.end, mention.symbol


def _latin_confidence(reading: _Reading, name: Name, start: int, end: int) -> float:
    """How sure a name in Latin letters is at [start, end); 0 if it lacks what it needs."""
    need = name.need
    if need is Need.NOTHING:
        return name.confidence
    text = reading.text
    written = text[start:end]
    # short words inside a name, such as `of`, have no capital to show
    if written[0].islower() or any(word[0].islower() and len(word) > 3 for word in written.split()):
        return 0.0
    if need is Need.KOREAN:
        return 0.8 if written.isupper() and reading.is_korean and finance_near(text, start, end) else 0.0
    if need is Need.EVIDENCE and finance_beside(text, start, end):
        return 0.85
    if reading.shouts:
        return 0.0
    if need is Need.CAPITALS:
        return name.confidence - 0.05
    if reading.is_title_case:
        return 0.0
    return 0.7 if finance_near(text, start, end) or _is_unprompted_capital(text, start, end) else 0.0


def _is_unprompted_capital(text: str, start: int, end: int) -> bool:
    """Is the capital at `start` not owed to the beginning of a sentence, nor to a longer name around it?"""
    before = text[max(0, start - _WORD_BEFORE) : start].rstrip(" ").rpartition(" ")[2]
    after = text[end : end + 2].lstrip(" ")
    return before[:1].islower() and (before[-1:].isalpha() or before[-1:] == ",") and not after[:1].isupper()


def _continues(before: str, first: str) -> bool:
    """Do two characters belong to one word, so that no name begins between them?"""
    if is_syllable(before):
        return True
    return before.isalnum() and before.isascii() and first.isascii() and first.isalnum()


def _ends_well(text: str, end: int) -> bool:
    """Does a name that ends at `end` end there: no letter follows, or only what may follow a name does?"""
    last = text[end - 1]
    tail_end = end
    while tail_end < len(text) and tail_end - end <= _LONGEST_TAIL and is_syllable(text[tail_end]):
        tail_end += 1
    if tail_end > end:
        return leaves_name_whole(last, text[end:tail_end])
    following = text[end : end + 1]
    return not (last.isascii() and last.isalnum() and following.isascii() and following.isalnum())
