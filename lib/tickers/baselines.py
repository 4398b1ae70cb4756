"""What trackers usually do, to compare with: cashtags by a regex, and upper-case words that are tickers. No part of
the product uses them.
"""

import re
from collections.abc import Callable, Iterator

from lib.domain.sentiment import Mention, Method

_CASHTAG = re.compile(r"\$([A-Za-z]{1,5}(?:[.-][A-Za-z])?)(?![A-Za-z])")
_UPPER = re.compile(r"(?<![A-Za-z$])[A-Z]{1,5}(?![A-Za-z])")


class RegexFinder:
    """Finds listed cashtags and, with `upper`, every upper-case word of one to five letters that is a ticker."""

    def __init__(self, symbol_of: Callable[[str], str | None], *, upper: bool) -> None:
        """`symbol_of` gives the symbol of a ticker that is listed."""
        self._symbol_of = symbol_of
        self._upper = upper

    def resolve(self, text: str) -> Iterator[Mention]:
        """Each symbol once, where it first stands; without a confidence, which is 0 here."""
        seen: set[str] = set()
        for method, ticker, start, end in self._found(text):
            symbol = self._symbol_of(ticker)
            if symbol is not None and symbol not in seen:
                seen.add(symbol)
                yield Mention(symbol, method, 0.0, start, end)

    def _found(self, text: str) -> Iterator[tuple[Method, str, int, int]]:
        for tag in _CASHTAG.finditer(text):
            yield "cashtag", tag[1], tag.start(), tag.end()
        if self._upper:
            for word in _UPPER.finditer(text):
                yield "ticker", word[0], word.start(), word.end()
