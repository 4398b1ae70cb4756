"""Search over listings: exact before prefix before word before typo, in one order that paging can rely on.

It does not know popularity or prices; among equals common shares come first, then what is still listed, then what has
common aliases, then the shorter name. Nothing is cached between queries. Build it again when the listings change.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

import msgspec

from lib.domain.symbols import Listing
from lib.search.keys import Key, Query, Source, name_keys, parse_query, symbol_keys, word_keys
from lib.search.typos import NearKeys
from lib.tickers import tables
from lib.tickers.names import share_of

Kind = Literal["symbol", "prefix", "name", "initials", "alias", "fuzzy"]

_EXACT: dict[Source, tuple[float, Kind]] = {
    "symbol": (1.0, "symbol"),
    "name": (0.98, "name"),
    "alias": (0.97, "alias"),
    "initials": (0.96, "initials"),
    "later initials": (0.76, "initials"),
}
# a prefix earns the second number in the share of the key that was typed, in steps, so that near equals stay equal
_PREFIX: dict[Source, tuple[float, float, Kind]] = {
    "symbol": (0.72, 0.2, "prefix"),
    "name": (0.72, 0.2, "prefix"),
    "alias": (0.7, 0.2, "prefix"),
    "initials": (0.62, 0.2, "initials"),
    "later initials": (0.5, 0.2, "initials"),
}
_WORDS, _WORDS_SHARE = 0.5, 0.1
_SURE = 0.96  # the least of what is exact
_FUZZY_SHARE = 0.45
_FEW = 5  # with fewer answers than this, what was typed is taken to hold a slip
_STEPS = 4
_WIDEST = 500  # keys that one or two letters may begin; of more, the shortest are enough to choose from
_LAST = "\U0010ffff"
_SYMBOLS: frozenset[Source] = frozenset({"symbol"})
_NAMES: frozenset[Source] = frozenset({"name", "alias"})
_INITIALS_TOO: frozenset[Source] = frozenset(_EXACT) - _SYMBOLS


class Match(msgspec.Struct, frozen=True):
    """A listing that the query may mean: how it was found, and how surely (0..1)."""

    symbol_id: int
    listing: Listing
    kind: Kind
    score: float


class SearchIndex:
    """An index over listings by their ids. Immutable, so safe from any thread; 12,000 take under a second."""

    def __init__(self, listings: Mapping[int, Listing]) -> None:
        known = {symbol: order for order, symbol in enumerate(tables.aliases())}
        # positions are ranks: among equal scores, the lower position goes first
        self._ids = sorted(listings, key=lambda number: _rank(listings[number], known))
        self._listings = [listings[number] for number in self._ids]
        keys: dict[Key, list[int]] = defaultdict(list)
        words: dict[str, list[int]] = defaultdict(list)
        for position, listing in enumerate(self._listings):
            for key in {*symbol_keys(listing), *name_keys(listing)}:
                if key.text:
                    keys[key].append(position)
            for word in set(word_keys(listing)):
                words[word].append(position)
        self._keys = sorted(keys)
        self._texts = [key.text for key in self._keys]
        self._lengths = [len(text) for text in self._texts]
        self._by_exactly: Mapping[tuple[str, str], list[int]] = {
            (key.text, key.source): found for key, found in keys.items()
        }
        self._positions = [keys[key] for key in self._keys]
        self._words = sorted(words)
        self._word_positions = [words[word] for word in self._words]
        self._words_of: list[list[str]] = [[] for _ in self._listings]
        for word, positions in words.items():
            for position in positions:
                self._words_of[position].append(word)
        self._near = NearKeys(key.text for key in self._keys if key.source in ("name", "alias"))

    def search(self, query: str, *, limit: int = 20, offset: int = 0) -> list[Match]:
        """The listings that `query` may mean, the likeliest first; any text is a query, the empty one finds nothing.

        The order depends on the query and the listings alone, so `offset` continues where an earlier answer ended.
        """
        parsed = parse_query(query)
        if not parsed.compact or limit <= 0:
            return []
        found = _Best()
        self._by_key(parsed, found)
        if len(parsed.words) > 1 or not found.exact:
            self._by_words(parsed.words, found)
        if len(found.scores) < _FEW and not found.exact:
            self._by_likeness(parsed.compact, found)
        ranked = sorted((-score, at) for at, (score, _) in found.scores.items())
        page = ranked[max(offset, 0) : max(offset, 0) + limit]
        return [Match(self._ids[at], self._listings[at], found.scores[at][1], round(-less, 4)) for less, at in page]

    def _by_key(self, query: Query, found: "_Best") -> None:
        self._beginning(query.symbol, _SYMBOLS, found)
        self._beginning(query.compact, _INITIALS_TOO if query.is_initials else _NAMES, found)

    def _beginning(self, text: str, sources: frozenset[Source], found: "_Best") -> None:
        """Listings with a key of one of `sources` that begins with `text`."""
        if not text:
            return
        first = bisect_left(self._texts, text)
        last = bisect_left(self._texts, text + _LAST)
        span: Iterable[int] = range(first, last)
        if last - first > _WIDEST:
            span = sorted(span, key=self._lengths.__getitem__)[:_WIDEST]
        keys, lengths, positions, typed = self._keys, self._lengths, self._positions, len(text)
        for index in span:
            source = keys[index].source
            if source in sources:
                found.offer(positions[index], *_scored(source, lengths[index], typed))

    def _by_words(self, words: tuple[str, ...], found: "_Best") -> None:
        """Listings with a word for each word typed, in any order; the last may be half typed, as may the others."""
        longest, *others = sorted(words, key=len, reverse=True)
        common: dict[int, float] = {}
        first = bisect_left(self._words, longest)
        last = bisect_left(self._words, longest + _LAST)
        for index in range(first, last):
            share = len(longest) / len(self._words[index])
            for position in self._word_positions[index]:
                if share > common.get(position, 0.0):
                    common[position] = share
        for typed in others:
            # what the longest word left is few, and looked through faster than what a short one may begin
            common = {p: share + more for p, share in common.items() if (more := self._share(p, typed))}
        for position, share in common.items():
            found.offer((position,), _WORDS + _WORDS_SHARE * share / len(words), "name")

    def _share(self, position: int, typed: str) -> float:
        """The share of a word of this listing that was typed, 0 where none begins so."""
        lengths = [len(word) for word in self._words_of[position] if word.startswith(typed)]
        return len(typed) / min(lengths) if lengths else 0.0

    def _by_likeness(self, text: str, found: "_Best") -> None:
        for key, likeness in self._near.near(text):
            for source in ("alias", "name"):
                found.offer(self._by_exactly.get((key, source), ()), _FUZZY_SHARE * likeness, "fuzzy")


class _Best:
    """The best score of each position."""

    def __init__(self) -> None:
        self.scores: dict[int, tuple[float, Kind]] = {}
        self.best = 0.0

    @property
    def exact(self) -> bool:
        """Is anything found exactly what was typed?"""
        return self.best >= _SURE

    def offer(self, positions: Sequence[int], score: float, kind: Kind) -> None:
        scores, offered = self.scores, (score, kind)
        for position in positions:
            known = scores.get(position)
            if known is None or score > known[0]:
                scores[position] = offered
                self.best = max(self.best, score)


@lru_cache(maxsize=4096)
def _scored(source: Source, length: int, typed: int) -> tuple[float, Kind]:
    if length == typed:
        return _EXACT[source]
    base, more, kind = _PREFIX[source]
    return base + more * (typed * _STEPS // length) / _STEPS, kind


def _rank(listing: Listing, known: Mapping[str, int]) -> tuple[int, bool, int, int, str]:
    delisted = listing.delisted_on is not None
    return share_of(listing), delisted, known.get(listing.symbol, len(known)), len(listing.name), listing.symbol
