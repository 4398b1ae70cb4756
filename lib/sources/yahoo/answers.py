"""Turns what yfinance returns for one symbol, a frame and its metadata, into a Fetched. It does not ask anything.

Only finished bars come out: a bar that is still forming would change with every look and fill the history with
revisions. Yahoo's prices lag by up to 20 minutes on some exchanges (KRX), so a bar counts as finished once Yahoo's own
clock, the time of its last trade, has passed the bar's end, or half an hour after that end.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from lib.domain.bar_rules import bar_fault
from lib.domain.bars import Action, Bar, Interval, trading_day
from lib.sources.bars import Fetched
from lib.sources.yahoo.listings import listing
from lib.sources.yahoo.numbers import exact

_SETTLED = timedelta(minutes=30)
_LENGTH = {"1m": timedelta(minutes=1), "1h": timedelta(hours=1)}


def read_answer(
    symbol: str,
    interval: Interval,
    start: datetime,
    end: datetime,
    frame: Any,
    meta: Mapping[str, Any],
    *,
    now: datetime,
) -> Fetched:
    """`frame` as `Ticker.history(auto_adjust=False, actions=True, keepna=True)` returned it, index in the exchange's
    time zone.

    Close is Yahoo's: adjusted for splits, not for dividends. Yahoo adjusts only daily bars for dividends, so others
    have no `adj_close`; and only with daily bars is an action's day certain, so only they bring actions.
    """
    daily = interval == "1d"
    dropped: Counter[str] = Counter()
    bars: dict[datetime, Bar] = {}
    actions: list[Action] = []
    for at, row in zip(frame.index.to_pydatetime(), frame.to_dict("records"), strict=True):
        moment = trading_day(at.date()) if daily else at.astimezone(UTC)
        if not start <= moment < end:
            dropped["outside"] += 1
            continue
        if daily:
            actions.extend(_actions(symbol, at.date(), row))
        open_, high, low, close = (_price(symbol, row[name]) for name in ("Open", "High", "Low", "Close"))
        adj_close = _price(symbol, row["Adj Close"]) if daily else None
        if close is None:
            dropped["null"] += 1
        elif not (_day_is_over(at, meta, now) if daily else _is_over(moment + _LENGTH[interval], meta, now)):
            dropped["forming"] += 1
        elif bar_fault(symbol, open_, high, low, close, adj_close, int(row["Volume"])):
            dropped["impossible"] += 1
        else:
            bars[moment] = Bar(
                symbol=symbol,
                interval=interval,
                start=moment,
                open=open_,
                high=high,
                low=low,
                close=close,
                adj_close=adj_close,
                volume=int(row["Volume"]),
            )
    return Fetched(
        listing=listing(symbol, meta),
        interval=interval,
        start=start,
        end=end,
        bars=tuple(bars[moment] for moment in sorted(bars)),
        actions=tuple(actions),
        dropped=dict(dropped),
    )


def _price(symbol: str, value: float) -> Decimal | None:
    price = exact(value)
    # Yahoo writes 0 where it has no price; only a future was ever traded at that
    return None if price == 0 and not symbol.endswith("=F") else price


def _actions(symbol: str, day: date, row: Mapping[str, float]) -> list[Action]:
    found = []
    dividend, split = exact(row.get("Dividends")), exact(row.get("Stock Splits"))
    if dividend:
        found.append(Action(symbol=symbol, kind="dividend", ex_date=day, value=dividend))
    if split and split != Decimal(1):
        found.append(Action(symbol=symbol, kind="split", ex_date=day, value=split))
    return found


def _is_over(end: datetime, meta: Mapping[str, Any], now: datetime) -> bool:
    last_trade = meta.get("regularMarketTime")
    return end + _SETTLED <= now or (last_trade is not None and end <= last_trade)


def _day_is_over(at: datetime, meta: Mapping[str, Any], now: datetime) -> bool:
    session = (meta.get("currentTradingPeriod") or {}).get("regular")
    if session is not None and session["start"].date() == at.date():
        closes: datetime = session["end"]
        return closes + _SETTLED <= now
    return at.date() < now.astimezone(at.tzinfo).date()
