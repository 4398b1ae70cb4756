"""One text being read: the mentions so far, what they take up, and what is true of the text as a whole.

It does not look for anything. What is costly to know is found out when it is first asked for: most texts end before.
"""

from datetime import date
from functools import cached_property

from lib.domain.sentiment import Mention, Method
from lib.text.addresses import blank_addresses
from lib.text.hangul import has_hangul
from lib.tickers.claims import Claims, existing
from lib.tickers.context import is_title_case, shouts, speaks_of_finance

# how far either end of a word is looked for before everything is blanked to find out
_LONGEST_WORD = 60
_STILL_LISTED = date.max
# no evidence that has to be weighed makes a mention surer
_SURE = 0.96


class Reading:
    """A text, folded, and what was found in it. Of several mentions of a symbol stays the surest, then the first."""

    # how many cashtags were believed, and where the last share button ended
    tags = 0
    button_end = -9
    _last = 0
    _in_order = True
    _taken: bytearray | None = None
    _blanked: str | None = None

    def __init__(self, text: str, at: date | None, lang: str | None) -> None:
        self.text = text
        self.by_symbol: dict[str, Mention] = {}
        self._at = at
        self._lang = lang

    def add(self, claims: Claims, method: Method, confidence: float, start: int, end: int) -> bool:
        """Notes a mention of who has the best claim on the day; False if nobody has one."""
        claim, at = claims[0], self._at
        if (claim.last is not _STILL_LISTED) if at is None else not claim.first <= at < claim.last:
            other = existing(claims, at)
            if other is None:
                return False
            claim = other
        symbol = claim.symbol
        known = self.by_symbol.get(symbol)
        if known is None or confidence > known.confidence:
            self.by_symbol[symbol] = Mention(symbol, method, confidence, start, end)
            if start < self._last or known is not None:
                self._in_order = False
            self._last = start
        return True

    def is_sure_of(self, claims: Claims) -> bool:
        """Is who has the best claim mentioned so surely that no further mention would count?"""
        claim = claims[0] if len(claims) == 1 else existing(claims, self._at)
        known = None if claim is None else self.by_symbol.get(claim.symbol)
        return known is not None and known.confidence >= _SURE

    def weaken(self, method: Method, most: float) -> None:
        """Makes every mention by `method` at most `most` sure."""
        for symbol, known in self.by_symbol.items():
            if known.method == method:
                self.by_symbol[symbol] = Mention(symbol, method, min(known.confidence, most), known.start, known.end)

    def take(self, start: int, end: int) -> None:
        """Keeps [start, end) from being read once more, as part of a shorter name."""
        if self._taken is None:
            self._taken = bytearray(len(self.text))
        self._taken[start:end] = b"\1" * (end - start)

    def is_taken(self, start: int, end: int) -> bool:
        """Was any of [start, end) taken?"""
        return self._taken is not None and self._taken.find(1, start, end) >= 0

    def mentions(self) -> tuple[Mention, ...]:
        """What was found, in the order of the text."""
        if self._in_order:
            return tuple(self.by_symbol.values())
        return tuple(sorted(self.by_symbol.values(), key=_position))

    def is_address(self, start: int, end: int) -> bool:
        """Is what stands at [start, end) part of a web or e-mail address, or of a handle?"""
        text = self.text
        begin = text.rfind(" ", max(0, start - _LONGEST_WORD), start) + 1
        stop = text.find(" ", end, end + _LONGEST_WORD)
        if stop < 0:
            stop = len(text)
        if (begin or start <= _LONGEST_WORD) and stop - end <= _LONGEST_WORD:
            word = text[begin:stop]
            if "/" not in word and "@" not in word and "www." not in word:
                return False
        return self.blanked[start] == " "

    @property
    def blanked(self) -> str:
        """The text with spaces where addresses and handles were: what stands in them says nothing about its words."""
        if self._blanked is None:
            self._blanked = blank_addresses(self.text)
        return self._blanked

    @cached_property
    def shouts(self) -> bool:
        return shouts(self.blanked)

    @cached_property
    def is_of_finance(self) -> bool:
        """Does talk of finance occur anywhere in the text?"""
        return speaks_of_finance(self.blanked)

    @cached_property
    def is_title_case(self) -> bool:
        return is_title_case(self.text)

    @cached_property
    def is_korean(self) -> bool:
        return self._lang == "ko" or (not self.text.isascii() and has_hangul(self.text))


def _position(mention: Mention) -> tuple[int, int, str]:
    return mention.start, mention.end, mention.symbol
