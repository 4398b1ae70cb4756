"""Cashtags: `$AAPL`, `$BRK.B`, `$005930`. The strongest evidence, once amounts, currencies and buttons are out.

It judges what stands at one place; where listed tickers stand behind a sign, and whether anything is listed under a
spelling, is the caller's business. Texts come folded.
"""

import re
import unicodedata

from lib.text.hangul import is_syllable
from lib.tickers import tables

_TAG = re.compile(
    r"\$(?<![\w$]\$)([A-Za-z]{1,6}|\d{4}[0-9A-Z]\d)"
    r"(?:([.\-/_])([A-Za-z]{1,2})(?![A-Za-z0-9_]))?(?![A-Za-z0-9_])"
)
# what brokers and message boards put behind a dot: another country's paper, or a coin
_ELSEWHERE = frozenset(
    ("X", "L", "TO", "V", "AX", "HK", "DE", "PA", "T", "SS", "SZ", "F", "CN", "NE", "ST", "AS", "MI", "SW")
)
CURRENCIES = frozenset(
    ("USD", "US", "CAD", "AUD", "NZD", "HKD", "SGD", "EUR", "GBP", "JPY", "KRW", "CNY", "BTC", "ETH")
)
# a share button leaves the network's own ticker behind: "Share on $FB $TWTR"
NETWORKS = frozenset(("FB", "META", "TWTR", "SNAP", "PINS", "LNKD", "RDDT"))
_ASKS = ("share", "like", "follow", "find", "join", "tweet", "pin", "post")
_WHOM = ("us", "this", "it", "me", "now")
_WHERE = ("on", "to", "via", "at")
_BUTTON = re.compile(
    rf"\b(?:{'|'.join(_ASKS)})(?: (?:{'|'.join(_WHOM)}))?(?: (?:{'|'.join(_WHERE)}))?\s*[:|\-]?\s*$", re.IGNORECASE
)
_ENDS_OF_BUTTON = (*_ASKS, *_WHOM, *_WHERE)
_BUTTON_LENGTH = 30
# buttons stand in a row: where one ended, another begins after fewer characters than these
NEAR_BUTTON = 4


# a cashtag as written: how its ticker may be spelt, likeliest first, and where it ends
Tag = tuple[tuple[str, ...], int]


def cashtag_at(text: str, start: int) -> Tag | None:
    """The cashtag whose sign stands at `start` in `text`, if one does."""
    match = _TAG.match(text, start)
    if match is None:
        return None
    written, mark, suffix = match.groups()
    if is_plain_word(written) or _goes_on(text, match.end()):
        return None
    ticker = written.upper()
    if mark is None:
        return (ticker,), match.end()
    return _with_suffix(ticker, mark, suffix.upper(), match.end(1), match.end())


def find_cashtags(text: str) -> list[tuple[str, ...]]:
    """The spellings of every cashtag in `text`, in its order, whether anything is listed under them or not."""
    found: list[tuple[str, ...]] = []
    button_end = -NEAR_BUTTON
    start = text.find("$")
    while start >= 0:
        tag = cashtag_at(text, start)
        if tag is not None and tag[0][0] not in CURRENCIES:
            spellings, end = tag
            if spellings[0] in NETWORKS and (start - button_end < NEAR_BUTTON or is_button(text, start)):
                button_end = end
            else:
                found.append(spellings)
        start = text.find("$", start + 1)
    return found


def _with_suffix(ticker: str, mark: str, suffix: str, ticker_end: int, end: int) -> Tag:
    """`$BRK.B` is a class of share, `$VOD.L` another country's paper, `$ES_F` a future, `$AAPL.So` a sentence's end."""
    if suffix in ("KS", "KQ"):
        return (f"{ticker}.{suffix}",), end
    if mark == "." and suffix in _ELSEWHERE:
        return (f"{ticker}-{suffix}",), end
    if mark == "_":
        return (f"{ticker}-{suffix}",), end
    return (f"{ticker}-{suffix}", ticker), end if len(suffix) == 1 else ticker_end


def _goes_on(text: str, end: int) -> bool:
    """Is what ends at `end` but the beginning of a word, cut off as in `$GOO…`, or in fancy dress as in `$T€PH`?"""
    after = text[end : end + 1]
    if not after or after.isspace() or after in ".,:;!?)'\"-":
        return False
    if after == "$":
        return not text[end + 1 : end + 2].isalpha()
    if after in "…@=^~":
        return True
    if after.isalpha():
        return not is_syllable(after)
    kind = unicodedata.category(after)
    return kind == "Sc" or (kind == "Sm" and text[end + 1 : end + 2].isalpha())


def is_plain_word(written: str) -> bool:
    """`$cash` and `$up` are words after a dollar sign, while `$tsla` is a ticker in small letters."""
    ticker = written.upper()
    if ticker == written:
        return False
    return len(written) == 1 or written.lower() in tables.words("words.txt") or ticker in tables.words("acronyms.txt")


def is_button(text: str, start: int) -> bool:
    """Does what stands before the tag at `start` ask to share the page on a network?"""
    before = text[max(0, start - _BUTTON_LENGTH) : start]
    return before.rstrip(" \n\t:|-").lower().endswith(_ENDS_OF_BUTTON) and _BUTTON.search(before) is not None
