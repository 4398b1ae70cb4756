"""Cashtags: `$AAPL`, `$BRK.B`, `$005930`. The strongest evidence, once amounts, currencies and buttons are out.

It finds what is written; whether anything is listed under a spelling is the caller's question. Texts come folded,
and with addresses blanked.
"""

import re

from lib.tickers import tables

_TAG = re.compile(
    r"\$(?<![\w$]\$)([A-Za-z]{1,6}|\d{4}[0-9A-Z]\d)"
    r"(?:([.\-/_])([A-Za-z]{1,2})(?![A-Za-z0-9_]))?(?![A-Za-z0-9_])"
)
# what brokers and message boards put behind a dot: another country's paper, or a coin
_ELSEWHERE = frozenset(
    ("X", "L", "TO", "V", "AX", "HK", "DE", "PA", "T", "SS", "SZ", "F", "CN", "NE", "ST", "AS", "MI", "SW")
)
_CURRENCIES = frozenset(
    ("USD", "US", "CAD", "AUD", "NZD", "HKD", "SGD", "EUR", "GBP", "JPY", "KRW", "CNY", "BTC", "ETH")
)
# a share button leaves the network's own ticker behind: "Share on $FB $TWTR"
_NETWORKS = frozenset(("FB", "META", "TWTR", "SNAP", "PINS", "LNKD", "RDDT"))
_ASKS = r"\b(?:share|like|follow|find|join|tweet|pin|post)"
_BUTTON = re.compile(_ASKS + r"(?: (?:us|this|it|me|now))?(?: (?:on|to|via|at))?\s*[:|\-]?\s*$", re.IGNORECASE)
_BUTTON_LENGTH = 30


# a cashtag as written: how its ticker may be spelt, likeliest first, and its span [start, end) with the sign
Tag = tuple[tuple[str, ...], int, int]


def find_cashtags(text: str) -> list[Tag]:
    """Cashtags in the order of `text`."""
    tags: list[Tag] = []
    button_end = -9
    for match in _TAG.finditer(text):
        written, mark, suffix = match.groups()
        ticker = written.upper()
        start, end = match.span()
        if ticker in _CURRENCIES or (ticker != written and _is_word(written)):
            continue
        if ticker in _NETWORKS and (_is_button(text, start) or start - button_end <= 3):
            button_end = end
        elif mark is None:
            tags.append(((ticker,), start, end))
        else:
            tags.append(_with_suffix(ticker, mark, suffix.upper(), start, match.end(1), end))
    return tags


def _with_suffix(ticker: str, mark: str, suffix: str, start: int, ticker_end: int, end: int) -> Tag:
    """`$BRK.B` is a class of share, `$VOD.L` another country's paper, `$AAPL.So` a full stop without its space."""
    if suffix in ("KS", "KQ"):
        return (f"{ticker}.{suffix}",), start, end
    if mark == "." and suffix in _ELSEWHERE:
        return (f"{ticker}-{suffix}",), start, end
    return (f"{ticker}-{suffix}", ticker), start, end if len(suffix) == 1 else ticker_end


def _is_word(written: str) -> bool:
    """`$cash` and `$up` are words after a dollar sign, while `$tsla` is a ticker in small letters."""
    if len(written) == 1:
        return True
    return written.lower() in tables.words("words.txt") or written.upper() in tables.words("acronyms.txt")


def _is_button(text: str, start: int) -> bool:
    return _BUTTON.search(text[max(0, start - _BUTTON_LENGTH) : start]) is not None
