"""Listings to patterns: every name that may be written in a text, whom it means, and what it takes to believe it.

It does not read texts; `resolver` does. A name in Latin letters becomes bytes that begin with a space, so that a
match begins a word by itself; a name with Hangul becomes text, whose boundaries depend on particles. Where several
listings claim one name, the better claim goes first: an own alias, an imported one, the registered name, a
shortened one; and common shares alone speak for the name of a company.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from enum import IntEnum
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, BytesAhoCorasick, MatchKind

from lib.domain.sentiment import Method
from lib.domain.symbols import Listing
from lib.text.hangul import has_hangul
from lib.tickers import tables
from lib.tickers.bare import quick_words
from lib.tickers.names import Share, company_key, key, share_of, shorter_keys, written_key


class Need(IntEnum):
    """What a name takes to be believed, beyond being written as a word of its own."""

    NOTHING = 0
    CAPITALS = 1  # each word begins with one
    EVIDENCE = 2  # an ordinary word: a capital where none is due, or talk of finance around
    FINANCE = 3  # talk of finance around, whatever the letters
    BESIDE = 4  # a word that takes a stock, right beside it
    KOREAN = 5  # capitals, in a Korean text, with talk of finance around


class Claim(NamedTuple):
    """One listing that a name may mean. It exists on the days [first, last)."""

    symbol: str
    first: date
    last: date


class Name(NamedTuple):
    """One pattern: its claims, best first, and the index of the longest shorter pattern that begins it, or -1."""

    text: str
    claims: tuple[Claim, ...]
    method: Method
    need: Need
    confidence: float
    shorter: int


class _Bid(NamedTuple):
    """Orders the claims to one name; compares by its fields in this order."""

    grade: int
    share: Share
    delisted: bool
    length: int
    claim: Claim


_OWN_ALIAS, _ALIAS, _REGISTERED, _SHORTENED = range(4)
_CONFIDENCE = {_OWN_ALIAS: 0.88, _ALIAS: 0.88, _REGISTERED: 0.93, _SHORTENED: 0.82}
_LONGEST = 80
_FEW_LETTERS = 4
_FEW_SYLLABLES = 2
_FORMS = ("inc", "corp", "corporation", "plc", "ltd")


class Dictionary:
    """Patterns and tickers of a set of listings; immutable once built, so safe to share between threads."""

    def __init__(self, listings: Iterable[Listing]) -> None:
        unique = {listing.symbol: listing for listing in listings}
        self.listings: tuple[Listing, ...] = tuple(unique[symbol] for symbol in sorted(unique))
        self.tickers: dict[str, tuple[Claim, ...]] = {}
        latin, hangul = self._collect()
        # phrases that name nobody: being longer, they win over the name inside them
        nobody = tables.phrases("phrases.txt")
        for phrase in nobody:
            latin.pop(phrase, None)
        self.quick_words = quick_words(self.tickers)
        self.latin = _build(latin) + [Name(phrase, (), "name", Need.NOTHING, 0.0, -1) for phrase in nobody]
        self.hangul = _build(hangul)
        kind = MatchKind.LeftmostLongest
        self.find_latin = BytesAhoCorasick([b" " + n.text.encode() for n in self.latin] or [b"\0"], kind)
        self.find_hangul = AhoCorasick([n.text for n in self.hangul] or ["\0"], kind)

    def _collect(self) -> "tuple[dict[str, list[_Bid]], dict[str, list[_Bid]]]":
        latin: dict[str, list[_Bid]] = defaultdict(list)
        hangul: dict[str, list[_Bid]] = defaultdict(list)
        former: dict[str, list[Claim]] = defaultdict(list)
        registered = {listing.symbol: company_key(listing.name) for listing in self.listings}
        alone = _companies_by_beginning(registered.values())
        own = tables.aliases()
        ordinary = tables.words("words.txt")
        for listing in self.listings:
            claim = Claim(listing.symbol, listing.listed_on or date.min, listing.delisted_on or date.max)
            share = share_of(listing)
            for ticker in _tickers(listing.symbol):
                self.tickers[ticker] = (*self.tickers.get(ticker, ()), claim)
            names = [(_OWN_ALIAS, name) for name in own.get(listing.symbol, ())]
            names += [(_ALIAS, name) for name in listing.aliases]
            if listing.name_ko:
                names.append((_REGISTERED, listing.name_ko))
            company = registered[listing.symbol]
            if share is Share.COMMON:
                names.append((_REGISTERED, company))
                if not has_hangul(listing.name):
                    names.append((_REGISTERED, written_key(listing.name)))
                if company in ordinary:
                    names += [(_REGISTERED, f"{company} {form}") for form in _FORMS]
                names += [(_SHORTENED, name) for name in shorter_keys(company) if len(name) > 2 and alone[name] == 1]
            for grade, name in names:
                if name.startswith("$"):
                    former[name[1:].upper()].append(claim)
                    continue
                bid = _Bid(grade, share, listing.delisted_on is not None, len(listing.symbol), claim)
                if has_hangul(name):
                    hangul[name.lower()].append(bid)
                else:
                    latin[name if "  " in name else key(name)].append(bid)
        for ticker, claims in former.items():
            self.tickers[ticker] = (*self.tickers.get(ticker, ()), *claims)
        return latin, hangul


def existing(claims: tuple[Claim, ...], at: date | None) -> Claim | None:
    """The best claim that exists on `at`; without a day, the best that exists now, or else the best that ever did."""
    if at is None:
        best = claims[0]
        if best.last is date.max:
            return best
        return next((claim for claim in claims if claim.last == date.max), best)
    return next((claim for claim in claims if claim.first <= at < claim.last), None)


def _tickers(symbol: str) -> list[str]:
    """How the ticker of a symbol is written: itself, and a Korean code without its market."""
    code, dot, market = symbol.rpartition(".")
    return [symbol, code] if dot and market in ("KS", "KQ") else [symbol]


def _companies_by_beginning(companies: Iterable[str]) -> dict[str, int]:
    """How many different companies begin with these words, for every run of first words."""
    counts: dict[str, int] = defaultdict(int)
    for company in set(companies):
        words = company.split()
        for length in range(1, len(words) + 1):
            counts[" ".join(words[:length])] += 1
    return counts


def _build(bids: dict[str, list[_Bid]]) -> list[Name]:
    names: list[Name] = []
    index: dict[str, int] = {}
    # shorter before longer, so that each finds those that begin it
    for text in sorted(bids, key=lambda text: (len(text), text)):
        ranked = sorted(_korean_first(text, bids[text]))
        need = _need(text, ranked[0])
        if need is None:
            continue
        shorter = next((index[text[:end]] for end in range(len(text) - 1, 0, -1) if text[:end] in index), -1)
        grade = ranked[0].grade
        index[text] = len(names)
        method: Method = "alias" if grade in (_OWN_ALIAS, _ALIAS) else "name"
        claims = tuple(dict.fromkeys(bid.claim for bid in ranked))
        names.append(Name(text, claims, method, need, _CONFIDENCE[grade], shorter))
    return names


def _korean_first(text: str, bids: list[_Bid]) -> list[_Bid]:
    """Of a few letters that both a Korean and a US company are registered under, as KT, the name is the Korean one's.

    The US one is not lost by that: its ticker says the same.
    """
    if len(text) > _FEW_LETTERS or any(bid.grade <= _ALIAS for bid in bids):
        return bids
    return [bid for bid in bids if _is_korean(bid.claim.symbol)] or bids


def _is_korean(symbol: str) -> bool:
    return symbol.endswith((".KS", ".KQ"))


def _need(text: str, best: _Bid) -> Need | None:
    """What believing the name `text` takes; None if nothing would be enough."""
    if not 2 <= len(text) <= _LONGEST or text.isdigit():
        return None
    vouched = best.grade <= _ALIAS
    if has_hangul(text):
        if text in tables.words("words_ko.txt"):
            return Need.BESIDE
        return Need.FINANCE if len(text) <= _FEW_SYLLABLES and not vouched else Need.NOTHING
    if not text.isascii():
        return None
    return _latin_need(text, vouched=vouched, shortened=best.grade == _SHORTENED, symbol=best.claim.symbol)


def _latin_need(text: str, *, vouched: bool, shortened: bool, symbol: str) -> Need | None:
    parts = text.split()
    ordinary = tables.words("words.txt")
    if len(parts) > 1:
        if not all(part in ordinary or len(part) <= 2 or part.isdigit() for part in parts):
            return Need.NOTHING
        return None if shortened else Need.CAPITALS
    if _is_korean(symbol) and len(text) <= _FEW_LETTERS and not vouched:
        return Need.KOREAN
    if text in ordinary or len(text) <= 2:
        # being registered under an ordinary word makes it nobody's name; people calling a company so does
        return Need.EVIDENCE if vouched else None
    if vouched:
        return Need.NOTHING
    # what is short or shortened may be a place, a person or a slip of the keys
    if shortened or len(text) <= _FEW_LETTERS:
        return Need.EVIDENCE
    return Need.CAPITALS if len(text) <= 6 else Need.NOTHING
