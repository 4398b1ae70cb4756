"""What a listing can be found by, and a query in the same spelling: small letters, Hangul as pressed keys, no spaces.

Pressed keys make what is half typed a prefix of what will be typed (삼성저 of 삼성전자), and one wrong key one wrong
letter. It does not rank; `index` does.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from lib.domain.symbols import Listing
from lib.text.hangul import has_hangul, initials, keystrokes
from lib.text.normalise import fold
from lib.tickers import tables
from lib.tickers.names import company_key, key, shorter_keys

Source = Literal["symbol", "name", "alias", "initials", "later initials"]

_LONGEST_QUERY = 80
_LONGEST_KEY = 60
_SCRIPT_CHANGE = re.compile(r"(?<=[a-z0-9&])(?=[가-힣])|(?<=[가-힣])(?=[a-z0-9&])")
_CONSONANT, _VOWEL = re.compile("[ㄱ-ㅎ]"), re.compile("[ㅏ-ㅣ]")
_LATIN = "abcdefghijklmnopqrstuvwxyz0123456789&"
_SYMBOL_MARKS = str.maketrans({".": "-", "/": "-", " ": "-"})


class Key(NamedTuple):
    """One way to find a listing, and what it is made of."""

    text: str
    source: Source


class Query(NamedTuple):
    """What a person typed: as a symbol would be, without spaces, word by word; and could it be initial consonants?"""

    symbol: str
    compact: str
    words: tuple[str, ...]
    is_initials: bool


def parse_query(typed: str) -> Query:
    """`typed` in the spelling of the keys; any text is a query, of which the first 80 code points count."""
    plain = fold(typed[:_LONGEST_QUERY]).text.strip().removeprefix("$")
    words = tuple(keystrokes(word) for word in key(plain).split())
    compact = "".join(words)[:_LONGEST_KEY]
    is_initials = _CONSONANT.search(compact) is not None and _VOWEL.search(compact) is None
    return Query(plain.lower().translate(_SYMBOL_MARKS), compact, words, is_initials)


def symbol_keys(listing: Listing) -> Iterator[Key]:
    """The symbol, and a Korean code without its market."""
    symbol = listing.symbol.lower()
    yield Key(symbol.translate(_SYMBOL_MARKS), "symbol")
    code, dot, market = symbol.rpartition(".")
    if dot and market in ("ks", "kq"):
        yield Key(code, "symbol")


def name_keys(listing: Listing) -> Iterator[Key]:
    """Names, aliases and initial consonants, without spaces; the same text may come from more than one of them."""
    company = company_key(listing.name)
    names = [company, *shorter_keys(company), key(listing.name)]
    if listing.name_ko:
        names.append(key(listing.name_ko))
        if has_hangul(listing.name_ko):
            heads = _compact(initials(listing.name_ko.lower()))
            yield Key(heads, "initials")
            yield Key(heads.lstrip(_LATIN), "later initials")
    for name in names:
        yield Key(_compact(keystrokes(name)), "name")
    for alias in (*listing.aliases, *tables.aliases().get(listing.symbol, ())):
        yield Key(_compact(keystrokes(key(alias.removeprefix("$")))), "alias")


def word_keys(listing: Listing) -> Iterator[str]:
    """The single words of the names; where the script changes, as in SK하이닉스, a word begins."""
    for name in (company_key(listing.name), key(listing.name_ko or "")):
        for word in _SCRIPT_CHANGE.sub(" ", name).split():
            yield keystrokes(word)


def _compact(text: str) -> str:
    return text.replace(" ", "")[:_LONGEST_KEY]
