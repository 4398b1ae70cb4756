"""Reads a record as a listing. It does not write listings, and it invents no names."""

from datetime import date

from lib.domain.symbols import Listing
from lib.sources.archive.identify import currency_of, row_symbol
from lib.sources.archive.records import Fields
from lib.sources.archive.rejects import Rejected
from lib.sources.archive.times import BadTime, parse_date

_LONGEST = 300


def read_listing(fields: Fields) -> Listing:
    """The listing that the fields of one record describe. Raises Rejected with the reason.

    Without an English name the Korean one stands in, without either the symbol.
    """
    symbol_text, code, name, name_ko, aliases, exchange, currency, kind, listed_on, delisted_on = (
        _text(value) for value in fields
    )
    symbol = row_symbol(symbol_text, code, exchange)
    return Listing(
        symbol=symbol,
        name=name or name_ko or symbol,
        name_ko=name_ko,
        aliases=tuple(sorted({alias.strip() for alias in (aliases or "").split("|")} - {""})),
        exchange=exchange,
        currency=currency.upper() if currency else currency_of(symbol, exchange),
        kind=kind.lower() if kind else "equity",
        listed_on=_date("listed_on", listed_on),
        delisted_on=_date("delisted_on", delisted_on),
    )


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, list):
        value = "|".join(str(part) for part in value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise Rejected(f"{str(value)[:40]} where text was expected")
    if len(value) > _LONGEST:
        raise Rejected(f"a field is longer than {_LONGEST} characters")
    return value.strip() or None


def _date(name: str, value: str | None) -> date | None:
    try:
        return None if value is None else parse_date(value)
    except BadTime as error:
        raise Rejected(f"{name}: {error}") from None
