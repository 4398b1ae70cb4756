"""Tells what one answer of Yahoo's is worth before yfinance sees it: a chart, a list of news, what a search found. It
does not know yfinance, sessions or retries.
"""

from collections.abc import Callable
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


class _Stream(msgspec.Struct):
    stream: list[msgspec.Raw]


class _Data(msgspec.Struct, rename="camel"):
    ticker_stream: _Stream


class _News(msgspec.Struct):
    data: _Data


class _Search(msgspec.Struct):
    quotes: list[msgspec.Raw]


_read = msgspec.json.Decoder(_Answer).decode
_read_news = msgspec.json.Decoder(_News).decode
_read_search = msgspec.json.Decoder(_Search).decode


def verdict(symbol: str, status: int, retry_after: str | None, body: bytes, *, now: datetime) -> SourceError | None:
    """The error that an answer to a question about `symbol` amounts to, or None where it holds that symbol's chart.

    A 429 is RateLimited whatever its body says, a 5xx Unavailable; NoData takes Yahoo's own word for it, in JSON. A
    page where data should be, data that ends in the middle and another symbol's chart are Malformed.
    """
    refused = _refused(symbol, status, retry_after, now)
    if refused is not None:
        return refused
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


def news_verdict(
    symbol: str, stream: str, status: int, retry_after: str | None, body: bytes, *, now: datetime
) -> SourceError | None:
    """The error that an answer to a question about news of `symbol` amounts to, or None where it is a list of them."""
    refused = _refused(f"news of {symbol}", status, retry_after, now, stream=stream)
    return refused or _unlike(_read_news, body, f"news of {symbol}", status)


def search_verdict(
    text: str, status: int, retry_after: str | None, body: bytes, *, now: datetime
) -> SourceError | None:
    """The error that an answer to a search for `text` amounts to, or None where it says what was found."""
    refused = _refused(f"a search for {text}", status, retry_after, now, stream="listings")
    return refused or _unlike(_read_search, body, f"a search for {text}", status)


def _refused(
    about: str, status: int, retry_after: str | None, now: datetime, *, stream: str = ""
) -> SourceError | None:
    """What the status alone says. Only a refusal is about `stream`: being told to wait holds for all that is asked."""
    match status:
        case 429:
            until = allowed_from(retry_after, now=now)
            when = f"until {until:%H:%M:%S} UTC" if until else "for an unknown time"
            return RateLimited(
                SOURCE, f"Yahoo answers 429 to {about}: asked too often, {when}.", until=until, hint=_WAIT
            )
        case 401 | 402 | 403:
            told = f"Yahoo answers {status} to {about}: it does not let this address ask."
            return Denied(SOURCE, told, stream=stream, hint=_DENIED)
        case _ if status >= 500:
            return Unavailable(SOURCE, f"Yahoo answers {status} to {about}: the failure is on its side.", hint=_WAIT)
    return None


def _unlike(read: Callable[[bytes], object], body: bytes, about: str, status: int) -> SourceError | None:
    """The error of an answer that has not the shape that `read` takes."""
    try:
        read(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        if status >= 400:
            return Unavailable(SOURCE, f"Yahoo refuses the question about {about} ({status}).", hint=_WAIT)
        return Malformed(SOURCE, f"Yahoo's answer {status} to {about} is not what it should be.", hint=_WAIT)
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
