"""Walks the prices: daily bars of every company, minute bars of two that add up to their days. It knows no posts."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple

from deployments.local.sample.dice import Dice
from deployments.local.sample.story import (
    BY_SYMBOL,
    COMPANIES,
    DAY,
    EVENTS,
    REFERENCE,
    SESSION,
    Company,
    Market,
    trading_days,
)

MINUTE_SYMBOLS = ("AAPL", "005930.KS")
_MINUTE_FROM = REFERENCE.date() - timedelta(days=4)  # the Thursday before, so a start on a Monday has sessions too
_CLOSING_AUCTION = 10  # minutes before Seoul's close in which nothing trades


class Row(NamedTuple):
    """One bar; `start` is the label of a day or the instant of a minute, prices are in cents of USD or in won."""

    symbol: str
    start: datetime
    open: int
    high: int
    low: int
    close: int
    volume: int


def tick(market: Market, units: float) -> int:
    """The step between two prices near `units` (cents of USD, or won as Seoul steps them)."""
    if market == "US":
        return 1
    steps = ((5_000, 5), (20_000, 10), (50_000, 50), (200_000, 100), (500_000, 500))
    return next((step for bound, step in steps if units < bound), 1_000)


def _snap(market: Market, units: float) -> int:
    step = tick(market, units)
    return int(units / step + 0.5) * step


def _jumps(company: Company, days: list[date]) -> dict[date, float]:
    """The extra move of each session that is the first to end after an event."""
    _, close = SESSION[company.market]
    jumps: dict[date, float] = {}
    for event in EVENTS:
        if event.symbol == company.symbol:
            happened = REFERENCE + timedelta(minutes=event.at)
            late = happened.hour * 60 + happened.minute >= close
            reaction = next((day for day in days if day >= happened.date() + timedelta(days=late)), None)
            if reaction:
                jumps[reaction] = jumps.get(reaction, 0.0) + event.move
    return jumps


def _tides(market: Market, days: list[date]) -> dict[date, float]:
    """What moves all prices of one market on one day."""
    dice = Dice(f"tide {market}")
    return {day: dice.bell() * 0.006 for day in days}


def _walk(company: Company) -> tuple[list[Row], list[Row]]:
    days = trading_days(company.market)
    jumps, tides, dice = _jumps(company, days), _tides(company.market, days), Dice(f"walk {company.symbol}")
    last = company.price * (100 if company.market == "US" else 1)
    daily: list[Row] = []
    minutes: list[Row] = []
    for day in days:
        jump = jumps.get(day, 0.0)
        calm = 0.5 if jump else 1.0  # on a day of news the news decides, not the noise
        move = company.drift + calm * (tides[day] + company.deviation * 0.9 * dice.bell()) + jump
        opening = last * (1 + 0.7 * jump + 0.3 * (move - jump) + company.deviation * 0.2 * dice.bell())
        closing = last * (1 + move)
        high = max(opening, closing) * (1 + company.deviation * 0.5 * dice.roll())
        low = min(opening, closing) * (1 - company.deviation * 0.5 * dice.roll())
        crowd = 0.7 + 0.6 * dice.roll() + abs(move) / company.deviation * 0.2 + (1.2 if jump else 0.0)
        start = datetime.combine(day, time(), UTC)
        first, top, bottom, final = (_snap(company.market, units) for units in (opening, high, low, closing))
        row = Row(company.symbol, start, first, top, bottom, final, int(company.shares * crowd))
        if company.symbol in MINUTE_SYMBOLS and day >= _MINUTE_FROM:
            inside = _session(company, row)
            minutes += inside
            top, bottom = max(minute.high for minute in inside), min(minute.low for minute in inside)
            row = row._replace(high=top, low=bottom, volume=sum(minute.volume for minute in inside))
        daily.append(row)
        last = closing
    return daily, minutes


def _session(company: Company, row: Row) -> list[Row]:
    """Minutes of one session: a bridge from the day's open to its close; Seoul ends with one auction print."""
    dice = Dice(f"minutes {company.symbol} {row.start.date()}")
    begin, end = SESSION[company.market]
    ticking = end - begin - (_CLOSING_AUCTION if company.market == "KR" else 0)
    steps = [dice.bell() for _ in range(ticking)]
    drifted, wander = sum(steps) / ticking, 0.0
    unit = row.close * company.deviation * 0.045
    price, rows = row.open, []
    for index, step in enumerate(steps, 1):
        wander += step - drifted
        line = row.open + (row.close - row.open) * index / ticking
        settled = row.close if index == ticking else _snap(company.market, line + unit * wander)
        edge = unit * 0.6
        high = max(price, settled, _snap(company.market, max(price, settled) + edge * (dice.roll() - 0.4)))
        low = min(price, settled, _snap(company.market, min(price, settled) - edge * (dice.roll() - 0.4)))
        centre = 2 * index / ticking - 1
        volume = int(row.volume / ticking * (0.55 + 1.35 * centre * centre) * (0.5 + dice.roll()))
        start = row.start + timedelta(minutes=begin + index - 1)
        rows.append(Row(row.symbol, start, price, high, low, settled, volume))
        price = settled
    if company.market == "KR":
        auction = row.start + timedelta(minutes=end)
        rows.append(Row(row.symbol, auction, price, price, price, price, row.volume // 30))
    return rows


class Prices:
    """All bars of the sample, and what a price had done by a moment."""

    def __init__(self) -> None:
        walks = [_walk(company) for company in COMPANIES]
        self.daily = [row for daily, _ in walks for row in daily]
        self.minutes = [row for _, minutes in walks for row in minutes]
        self._moves: dict[tuple[str, date], float] = {}
        for daily, _ in walks:
            for before, row in pairwise(daily):
                self._moves[row.symbol, row.start.date()] = row.close / before.close - 1

    def move(self, symbol: str, at: int) -> float:
        """The return of the session that runs at this minute from the reference, or of the last one before it."""
        day = _session_day(symbol, at)
        while (symbol, day) not in self._moves:
            day -= timedelta(days=1)
        return self._moves[symbol, day]

    def traded(self, symbol: str, at: int) -> bool:
        """Whether people would call that session today's."""
        return (symbol, _session_day(symbol, at)) in self._moves


def _session_day(symbol: str, at: int) -> date:
    opening, _ = SESSION[BY_SYMBOL[symbol].market]
    return REFERENCE.date() + timedelta(days=(at - opening) // DAY)
