"""Which symbol a row is about. It does not know the listings that exist."""

import re
from functools import lru_cache

from lib.domain.symbols import parse_symbol
from lib.sources.archive.rejects import Rejected

# Yahoo's ending for each Korean market; KONEX, which Yahoo does not carry, gets the one that Reuters uses
_ENDINGS = {"KOSPI": ".KS", "KOSDAQ": ".KQ", "KOSDAQ GLOBAL": ".KQ", "KONEX": ".KN"}
_KOREAN_CODE = re.compile(r"[0-9][0-9A-Z]{5}(?:[0-9A-Z]{2})?")
_US_EXCHANGES = {"NASDAQ", "NYSE", "AMEX", "NYSE AMERICAN", "NYSE ARCA", "BATS"}


@lru_cache(maxsize=65_536)
def row_symbol(symbol: str | None, code: str | None, market: str | None) -> str:
    """The symbol that a row names: its own, else its exchange's code with the ending of its market. Raises Rejected."""
    try:
        if symbol and symbol.strip():
            return parse_symbol(symbol)
        if not code or not code.strip():
            raise Rejected("no symbol")
        ending = _ENDINGS.get((market or "").strip().upper())
        if ending:
            return parse_symbol(code.strip().zfill(6) + ending)
        if _KOREAN_CODE.fullmatch(code.strip().upper()):
            raise Rejected(f"the code {code.strip()} needs its market: KOSPI, KOSDAQ or KONEX")
        return parse_symbol(code)
    except ValueError as error:
        raise Rejected(str(error)) from None


def currency_of(symbol: str, exchange: str | None) -> str | None:
    """The currency of the exchange, or of the market that the symbol ends with; None where neither is known."""
    if symbol.endswith(tuple(_ENDINGS.values())):
        return "KRW"
    return "USD" if (exchange or "").strip().upper() in _US_EXCHANGES else None
