"""Tells what one answer of Yahoo's chart endpoint is worth before yfinance sees it. It does not know yfinance, sessions
or retries.
"""

from datetime import datetime

import msgspec

from lib.errors import Denied, Malformed, NoData, RateLimited, SourceError, Unavailable
from lib.sources.retry_after import allowed_from

SOURCE = "yahoo"


class _Problem(msgspec.Struct):
    code: str = ""
    description: str | None = ""


class _Meta(msgspec.Struct):
    symbol: str


class _Result(msgspec.Struct):
    meta: _Meta


class _Chart(msgspec.Struct):
    result: list[_Result] | None = None
    error: _Problem | None = None


class _Answer(msgspec.Struct):
    chart: _Chart


_read = msgspec.json.Decoder(_Answer).decode


def verdict(symbol: str, status: int, retry_after: str | None, body: bytes, *, now: datetime) -> SourceError | None:
    """The error that an answer to a question about `symbol` amounts to, or None where it holds that symbol's chart.

    A 429 is RateLimited whatever its body says, a 5xx Unavailable; NoData takes Yahoo's own word for it, in JSON. A
    page where data should be, data that ends in the middle and another symbol's chart are Malformed.
    """
    match status:
        case 429:
            until = allowed_from(retry_after, now=now)
            when = f"until {until:%H:%M:%S} UTC" if until else "for an unknown time"
            return RateLimited(
                SOURCE, f"Yahoo answers 429 to {symbol}: asked too often, {when}.", until=until, hint=_WAIT
            )
        case 401 | 403:
            return Denied(
                SOURCE, f"Yahoo answers {status} to {symbol}: it does not let this address ask.", hint=_DENIED
            )
        case _ if status >= 500:
            return Unavailable(SOURCE, f"Yahoo answers {status} to {symbol}: the failure is on its side.", hint=_WAIT)
    try:
        chart = _read(body).chart
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Malformed(SOURCE, f"Yahoo's answer {status} to {symbol} is not the chart it should be.", hint=_WAIT)
    if chart.error is not None:
        return _refusal(symbol, status, chart.error.description or chart.error.code)
    if not chart.result:
        return NoData(SOURCE, f"Yahoo has nothing for {symbol} in this window.")
    if chart.result[0].meta.symbol.upper() != symbol:
        return Malformed(SOURCE, f"Yahoo answered with {chart.result[0].meta.symbol} when asked for {symbol}.")
    return None


def _refusal(symbol: str, status: int, reason: str) -> SourceError:
    # its sentences for "no such symbol", "not traded then" and "older than I keep"
    nothing = status == 404 or "Data doesn't exist" in reason or "not available" in reason or "No data found" in reason
    if nothing:
        return NoData(
            SOURCE, f"Yahoo has nothing for {symbol}: {reason}", hint="Check the symbol on finance.yahoo.com."
        )
    return Unavailable(SOURCE, f"Yahoo refuses the question about {symbol} ({status}): {reason}")


_WAIT = "Nothing to do: the next collection asks again for what is missing."
_DENIED = "Yahoo blocks addresses that ask much: use another network, or collect fewer symbols."
