"""Listings and the one way a symbol is written. It does not know where listings come from or how text mentions them."""

import re
from datetime import date

import msgspec

_SYMBOL = re.compile(r"\^?[A-Z0-9][A-Z0-9.\-=]{0,23}")


class Former(msgspec.Struct, frozen=True, order=True):
    """A symbol that a listing had before, and the first day on which it no longer had it."""

    symbol: str
    until: date


class Rename(msgspec.Struct, frozen=True):
    """A listing's change from one symbol to another; `on` is the first day under the new one."""

    old: str
    new: str
    on: date


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One tradable symbol. `symbol` is Yahoo-style and upper case; dates are exchange-local calendar days.

    `former` are the symbols it had before, the last one first.
    """

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
    former: tuple[Former, ...] = ()


def parse_symbol(text: str) -> str:
    """`text` as a symbol: trimmed, upper case, a leading `$` dropped. Raises ValueError if it cannot be one.

    >>> parse_symbol(" $brk-b ")
    'BRK-B'
    """
    symbol = text.strip().removeprefix("$").upper()
    if not _SYMBOL.fullmatch(symbol):
        raise ValueError(f"{text.strip()[:40]!r} is not a symbol: expected something like AAPL, BRK-B or 005930.KS")
    return symbol
