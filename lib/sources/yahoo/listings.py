"""What Yahoo says of a symbol itself, in the metadata of a chart and in what its search finds, as listings. It does not
ask anything.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from lib.domain.symbols import Listing, parse_symbol
from lib.text.markup import tidy

_EXCHANGES = {
    "NMS": "NASDAQ",
    "NGM": "NASDAQ",
    "NCM": "NASDAQ",
    "NYQ": "NYSE",
    "ASE": "AMEX",
    "KSC": "KOSPI",
    "KOE": "KOSDAQ",
}
_KINDS = {"EQUITY": "equity", "ETF": "etf", "MUTUALFUND": "fund", "INDEX": "index", "CRYPTOCURRENCY": "crypto",
          "CURRENCY": "currency", "FUTURE": "future"}  # fmt: skip


class _Quote(msgspec.Struct, rename="camel"):
    symbol: str
    quote_type: str
    exchange: str | None = None
    exch_disp: str | None = None
    longname: str | None = None
    shortname: str | None = None


def listing(symbol: str, meta: Mapping[str, Any]) -> Listing:
    """The listing of `symbol` as the metadata of its chart have it."""
    code = meta.get("exchangeName")
    return Listing(
        symbol=symbol,
        name=meta.get("longName") or meta.get("shortName") or symbol,
        exchange=_EXCHANGES.get(str(code), meta.get("fullExchangeName") or code),
        currency=meta.get("currency"),
        kind=_KINDS.get(str(meta.get("instrumentType")), "equity"),
    )


def read_quotes(quotes: Iterable[Any]) -> list[Listing]:
    """What a search found, in its order. Options, private companies and whatever has no usable symbol are left out."""
    found: dict[str, Listing] = {}
    for given in quotes:
        try:
            quote = msgspec.convert(given, _Quote)
            symbol = parse_symbol(quote.symbol)
        except (msgspec.ValidationError, ValueError):
            continue
        kind = _KINDS.get(quote.quote_type.upper())
        if kind is not None and symbol not in found:
            found[symbol] = Listing(
                symbol=symbol,
                name=tidy(quote.longname or quote.shortname or "") or symbol,
                exchange=_EXCHANGES.get(quote.exchange or "", quote.exch_disp or quote.exchange),
                kind=kind,
            )
    return list(found.values())
