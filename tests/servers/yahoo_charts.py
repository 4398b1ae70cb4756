"""What a local Yahoo has in its books, and the chart that it answers with: the shape of /v8/finance/chart, written from
scratch.

Prices are kept as decimals and sent as Yahoo sends them, widened from 32 bits. It does not know HTTP.
"""

import struct
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec


class Exchange(NamedTuple):
    """Where a symbol trades: Yahoo's code and name for it, its zone, currency and hours."""

    code: str
    name: str
    zone: ZoneInfo
    currency: str
    opens: time
    closes: time

    def opening(self, day: date) -> datetime:
        return datetime.combine(day, self.opens, self.zone)

    def closing(self, day: date) -> datetime:
        return datetime.combine(day, self.closes, self.zone)


NASDAQ = Exchange("NMS", "NasdaqGS", ZoneInfo("America/New_York"), "USD", time(9, 30), time(16))
NYSE = Exchange("NYQ", "NYSE", ZoneInfo("America/New_York"), "USD", time(9, 30), time(16))
KRX = Exchange("KSC", "KSE", ZoneInfo("Asia/Seoul"), "KRW", time(9), time(15, 30))
EXCHANGES = (NASDAQ, NYSE, KRX)


class Candle(NamedTuple):
    """One bar as Yahoo would publish it; `Candle()` is a null candle."""

    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    close: Decimal | None = None
    volume: int | None = None
    adj_close: Decimal | None = None


def flat(price: str | Decimal, volume: int = 1000) -> Candle:
    """A candle that stands at one price all the time."""
    at = Decimal(price)
    return Candle(at, at, at, at, volume, at)


class Book(msgspec.Struct):
    """Everything published about one symbol. Change it, and the next answer differs.

    `session` is the regular session that Yahoo calls current, `last_trade` its clock; by default a session long over.
    """

    symbol: str
    exchange: Exchange
    name: str = "Example Incorporated"
    kind: str = "EQUITY"
    days: dict[date, Candle] = {}
    minutes: dict[datetime, Candle] = {}
    dividends: dict[date, Decimal] = {}
    splits: dict[date, tuple[int, int]] = {}
    session: tuple[datetime, datetime] | None = None
    last_trade: datetime | None = None


def widened(value: Decimal | None) -> float | None:
    """A price as it looks after Yahoo has kept it in 32 bits: 300.35 becomes 300.3500061035156."""
    if value is None:
        return None
    wide: float = struct.unpack("<f", struct.pack("<f", float(value)))[0]
    return wide


def chart(book: Book, interval: str, start: datetime, end: datetime) -> dict[str, Any]:
    """The body that answers a question about `book` for [start, end)."""
    rows = [(at, candle) for at, candle in _published(book, interval) if start <= at < end]
    result: dict[str, Any] = {"meta": _meta(book, interval, rows)}
    events = _events(book, start, end)
    if rows:
        result["timestamp"] = [_epoch(at) for at, _ in rows]
    if events:
        result["events"] = events
    quote: dict[str, list[Any]] = {}
    if rows:
        prices = ("open", "high", "low", "close")
        quote = {name: [widened(getattr(candle, name)) for _, candle in rows] for name in prices}
        quote["volume"] = [candle.volume for _, candle in rows]
    result["indicators"] = {"quote": [quote]}
    if interval == "1d":
        result["indicators"]["adjclose"] = [{"adjclose": [widened(c.adj_close) for _, c in rows]} if rows else {}]
    return {"chart": {"result": [result], "error": None}}


def refusal(code: str, description: str) -> dict[str, Any]:
    """The body that says why there is no chart."""
    return {"chart": {"result": None, "error": {"code": code, "description": description}}}


def _published(book: Book, interval: str) -> list[tuple[datetime, Candle]]:
    if interval == "1d":
        # a daily candle carries the moment of that day's opening
        return sorted(((book.exchange.opening(day), candle) for day, candle in book.days.items()), key=_when)
    return sorted(book.minutes.items(), key=_when)


def _when(row: tuple[datetime, Candle]) -> datetime:
    return row[0]


def _epoch(at: datetime) -> int:
    return int(at.timestamp())


def _events(book: Book, start: datetime, end: datetime) -> dict[str, Any]:
    events: dict[str, Any] = {}
    for day, amount in book.dividends.items():
        at = book.exchange.opening(day)
        if start <= at < end:
            events.setdefault("dividends", {})[str(_epoch(at))] = {"amount": float(amount), "date": _epoch(at)}
    for day, (new, old) in book.splits.items():
        at = book.exchange.opening(day)
        if start <= at < end:
            events.setdefault("splits", {})[str(_epoch(at))] = {
                "date": _epoch(at), "numerator": float(new), "denominator": float(old), "splitRatio": f"{new}:{old}",
            }  # fmt: skip
    return events


def _meta(book: Book, interval: str, rows: list[tuple[datetime, Candle]]) -> dict[str, Any]:
    exchange = book.exchange
    last = rows[-1][0] if rows else datetime.now(UTC) - timedelta(days=30)
    day = last.astimezone(exchange.zone).date()
    session = book.session or (exchange.opening(day), exchange.closing(day))
    last_trade = book.last_trade or session[1]
    meta: dict[str, Any] = {
        "currency": exchange.currency,
        "symbol": book.symbol,
        "exchangeName": exchange.code,
        "fullExchangeName": exchange.name,
        "instrumentType": book.kind,
        "firstTradeDate": _epoch(exchange.opening(date(2000, 1, 3))),
        "regularMarketTime": _epoch(last_trade),
        "hasPrePostMarketData": False,
        "exchangeTimezoneName": exchange.zone.key,
        "longName": book.name,
        "shortName": book.name,
        "priceHint": 2,
        "currentTradingPeriod": {
            "pre": _period(exchange, session[0], session[0]),
            "regular": _period(exchange, *session),
            "post": _period(exchange, session[1], session[1]),
        },
        "dataGranularity": interval,
        "range": "",
        "validRanges": ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"],
        **_zone(exchange, last),
    }
    if interval != "1d" and rows:
        days = sorted({at.astimezone(exchange.zone).date() for at, _ in rows})
        meta["tradingPeriods"] = [[_period(exchange, exchange.opening(d), exchange.closing(d))] for d in days]
    return meta


def _period(exchange: Exchange, start: datetime, end: datetime) -> dict[str, Any]:
    return {**_zone(exchange, start), "start": _epoch(start), "end": _epoch(end)}


def _zone(exchange: Exchange, at: datetime) -> dict[str, Any]:
    local = at.astimezone(exchange.zone)
    offset = local.utcoffset()
    assert offset is not None
    return {"timezone": local.tzname(), "gmtoffset": int(offset.total_seconds())}
