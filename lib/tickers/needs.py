"""What it takes to believe that a name means its company, beyond being written as a word of its own.

It judges names, not texts: whether a text gives what a name needs, `evidence` says.
"""

from enum import IntEnum

from lib.text.hangul import has_hangul
from lib.tickers import tables
from lib.tickers.claims import Bid, Grade, is_korean

_LONGEST = 80
_FEW_LETTERS = 4
_FEW_SYLLABLES = 2


class Need(IntEnum):
    """What a name takes to be believed."""

    NOTHING = 0
    CAPITALS = 1  # each word begins with one
    EVIDENCE = 2  # an ordinary word: a capital where none is due, or talk of finance around
    FINANCE = 3  # talk of finance around, whatever the letters
    BESIDE = 4  # a word that takes a stock, right beside it
    KOREAN = 5  # capitals, in a Korean text, with talk of finance around


def need_of(text: str, best: Bid, *, doubtful: bool) -> Need | None:
    """What believing the name `text` takes; None if nothing would be enough.

    `doubtful`: whoever chose the name said that it mostly means something else.
    """
    if not 2 <= len(text) <= _LONGEST or text.isdigit():
        return None
    if doubtful:
        return Need.BESIDE
    vouched = best.grade <= Grade.ALIAS
    if has_hangul(text):
        if text in tables.words("words_ko.txt"):
            return Need.BESIDE
        return Need.FINANCE if len(text) <= _FEW_SYLLABLES and not vouched else Need.NOTHING
    if not text.isascii():
        return None
    return _latin_need(text, vouched=vouched, shortened=best.grade is Grade.SHORTENED, symbol=best.claim.symbol)


def _latin_need(text: str, *, vouched: bool, shortened: bool, symbol: str) -> Need | None:
    parts = text.split()
    ordinary = tables.words("words.txt")
    if len(parts) > 1:
        if not all(part in ordinary or len(part) <= 2 or part.isdigit() for part in parts):
            return Need.NOTHING
        return None if shortened else Need.CAPITALS
    is_acronym = text.upper() in tables.words("acronyms.txt")
    if is_korean(symbol) and len(text) <= _FEW_LETTERS and not vouched and not is_acronym:
        return Need.KOREAN
    if text in ordinary or len(text) <= 2 or is_acronym:
        # being registered under an ordinary word makes it nobody's name; people calling a company so does
        return Need.EVIDENCE if vouched else None
    if vouched:
        return Need.NOTHING
    # what is short or shortened may be a place, a person or a slip of the keys
    if shortened or len(text) <= _FEW_LETTERS:
        return Need.EVIDENCE
    return Need.CAPITALS if len(text) <= 6 else Need.NOTHING
