"""Which calendar a listing follows, told from the ending of its symbol, its kind and its exchange. It knows no hours.

Codes are those of exchange_calendars, the ISO market codes for the most part. A listing of which none is known is said
to be so: every weekday then counts as a session.
"""

from lib.domain.symbols import Listing

ALWAYS, WEEKDAYS = "24/7", "24/5"

# the endings that Yahoo gives to symbols of each exchange
_BY_ENDING = {
    "KS": "XKRX", "KQ": "XKRX", "T": "XTKS", "HK": "XHKG", "SS": "XSHG", "SZ": "XSHG", "TW": "XTAI", "TWO": "XTAI",
    "SI": "XSES", "BK": "XBKK", "KL": "XKLS", "JK": "XIDX", "BO": "XBOM", "NS": "XBOM", "AX": "XASX", "NZ": "XNZE",
    "L": "XLON", "IL": "XLON", "DE": "XETR", "F": "XFRA", "HM": "XHAM", "DU": "XDUS", "SG": "XSTU", "PA": "XPAR",
    "AS": "XAMS", "BR": "XBRU", "LS": "XLIS", "IR": "XDUB", "MI": "XMIL", "MC": "XMAD", "SW": "XSWX", "VI": "XWBO",
    "ST": "XSTO", "HE": "XHEL", "CO": "XCSE", "OL": "XOSL", "IC": "XICE", "RG": "XRIS", "TL": "XTAL", "VS": "XLIT",
    "WA": "XWAR", "PR": "XPRA", "BD": "XBUD", "RO": "XBSE", "AT": "ASEX", "IS": "XIST", "TA": "XTAE", "SR": "XSAU",
    "JO": "XJSE", "TO": "XTSE", "V": "XTSX", "MX": "XMEX", "SA": "BVMF", "SN": "XSGO", "BA": "XBUE",
}  # fmt: skip

# exchanges as files and as Yahoo name them, in upper case
_BY_EXCHANGE = {
    **dict.fromkeys(
        ("NASDAQ", "NASDAQGS", "NASDAQGM", "NASDAQCM", "NASDAQ GIDS", "NYSE", "NYSE AMERICAN", "AMEX", "NYSEARCA",
         "ARCA", "BATS", "CBOE US", "IEX", "OTC", "OTC MARKETS OTCPK", "OTC MARKETS OTCQB",
         "OTC MARKETS OTCQX", "SNP", "DJI"),
        "XNYS",
    ),
    **dict.fromkeys(("KRX", "KSE", "KOSPI", "KOSDAQ", "KONEX"), "XKRX"),
    **dict.fromkeys(("CME", "CBOT", "NYMEX", "COMEX", "CBT", "NYM", "CMX"), "CMES"),
    "TOKYO": "XTKS", "HKSE": "XHKG", "LSE": "XLON", "XETRA": "XETR", "PARIS": "XPAR", "AMSTERDAM": "XAMS",
    "TORONTO": "XTSE", "ASX": "XASX", "SHANGHAI": "XSHG", "SHENZHEN": "XSHG", "TAIWAN": "XTAI",
}  # fmt: skip

_BY_KIND = {"crypto": ALWAYS, "currency": WEEKDAYS}

CODES = frozenset({*_BY_ENDING.values(), *_BY_EXCHANGE.values()})


def calendar_code(listing: Listing) -> str | None:
    """The calendar of `listing`, or None where none is known.

    >>> calendar_code(Listing(symbol="005930.KS", name="Samsung Electronics"))
    'XKRX'
    >>> calendar_code(Listing(symbol="BRK-B", name="Berkshire Hathaway"))
    'XNYS'
    """
    if listing.kind in _BY_KIND:
        return _BY_KIND[listing.kind]
    symbol = listing.symbol
    if symbol.endswith("=X"):
        return WEEKDAYS
    code, dot, ending = symbol.rpartition(".")
    if dot and code:
        return _BY_ENDING.get(ending)
    known = _BY_EXCHANGE.get((listing.exchange or "").strip().upper())
    if known is not None:
        return known
    # Yahoo writes symbols of the United States without an ending, and marks what is no share
    plain = not symbol.startswith("^") and "=" not in symbol
    return "XNYS" if plain and listing.currency in (None, "USD") else None
