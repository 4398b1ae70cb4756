"""Listings and the one way a symbol is written. It does not know where listings come from or how text mentions them."""

import re
from datetime import date

import msgspec

_SYMBOL = re.compile(r"\^?[A-Z0-9][A-Z0-9.\-=]{0,23}")


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One tradable symbol. `symbol` is Yahoo-style and upper case; dates are exchange-local calendar days."""

    symbol: str
    name: str
    name_ko: str | None = None
    aliases: tuple[str, ...] = ()
    exchange: str | None = None
    currency: str | None = None
    kind: str = "equity"
    listed_on: date | None = None
    delisted_on: date | None = None
    sample: bool = False


def parse_symbol(text: str) -> str:
    """`text` as a symbol: trimmed, upper case, a leading `$` dropped. Raises ValueError if it cannot be one.

    >>> parse_symbol(" $brk-b ")
    'BRK-B'
    """
    symbol = text.strip().removeprefix("$").upper()
    if not _SYMBOL.fullmatch(symbol):
        raise ValueError(f"{text.strip()[:40]!r} is not a symbol: expected something like AAPL, BRK-B or 005930.KS")
    return symbol
