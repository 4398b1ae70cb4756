"""The real yfinance against a local Yahoo: what comes out of our client for every way in which Yahoo answers, or does
not.
"""

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lib.domain.bars import Action, trading_day
from lib.errors import NoData
from lib.sources.yahoo.client import Yahoo
from tests.servers.yahoo import LocalYahoo
from tests.servers.yahoo_charts import KRX, NASDAQ, NYSE, Book, Candle, Exchange, flat
from tests.support.data import data_file

MONDAY = date(2026, 3, 2)
WEEK = (MONDAY, MONDAY + timedelta(days=7))


def week(symbol: str = "AAPL", exchange: Exchange = NASDAQ) -> Book:
    """Monday to Friday at 100 to 104."""
    return Book(symbol, exchange, days={MONDAY + timedelta(days=n): flat(str(100 + n)) for n in range(5)})


async def test_daily_bars_with_a_dividend_and_a_split(local_yahoo: LocalYahoo, source: Yahoo) -> None:
    candle = Candle(
        Decimal("300.1"), Decimal("305.25"), Decimal("299.99"), Decimal("300.35"), 1234, Decimal("298.1234")
    )
    dividend, split = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
    local_yahoo.publish(
        Book(
            "AAPL", NASDAQ, name="Apple Inc.",
            days={MONDAY: candle, dividend: flat("301"), split: flat("75.5")},
            dividends={dividend: Decimal("0.26")}, splits={split: (4, 1)},
        )
    )  # fmt: skip

    fetched = await source.fetch_bars("AAPL", "1d", *WEEK)

    first = fetched.bars[0]
    assert (first.symbol, first.interval, first.start) == ("AAPL", "1d", trading_day(MONDAY))
    assert (first.open, first.high, first.low, first.close) == candle[:4]
    assert (first.adj_close, first.volume) == (Decimal("298.1234"), 1234)
    assert len(fetched.bars) == 3
    assert fetched.actions == (
        Action(symbol="AAPL", kind="dividend", ex_date=dividend, value=Decimal("0.26")),
        Action(symbol="AAPL", kind="split", ex_date=split, value=Decimal(4)),
    )
    listing = fetched.listing
    assert (listing.name, listing.exchange, listing.currency, listing.kind) == ("Apple Inc.", "NASDAQ", "USD", "equity")


@pytest.mark.parametrize(("exchange", "currency"), [(KRX, "KRW"), (NYSE, "USD")])
async def test_a_daily_bar_belongs_to_the_exchange_s_own_day(
    local_yahoo: LocalYahoo, source: Yahoo, exchange: Exchange, currency: str
) -> None:
    # around both changes of the clock in New York; Seoul's Monday morning is Sunday in UTC
    days = [date(2026, 3, 6), date(2026, 3, 9), date(2025, 10, 31), date(2025, 11, 3)]
    local_yahoo.publish(Book("HERE", exchange, days={day: flat("50000") for day in days}))

    fetched = await source.fetch_bars("HERE", "1d", date(2025, 10, 1), date(2026, 4, 1))

    assert [bar.start for bar in fetched.bars] == sorted(trading_day(day) for day in days)
    assert fetched.listing.currency == currency


@pytest.mark.parametrize("exchange", [KRX, NYSE])
async def test_minutes_keep_their_instant(local_yahoo: LocalYahoo, source: Yahoo, exchange: Exchange) -> None:
    opening = exchange.opening(datetime.now(UTC).date() - timedelta(days=3))
    minutes = {opening + timedelta(minutes=n): flat(str(100 + n)) for n in range(5)}
    local_yahoo.publish(Book("HERE", exchange, minutes=minutes))

    fetched = await source.fetch_bars("HERE", "1m", opening - timedelta(days=10), opening + timedelta(days=1))

    assert {bar.start: bar.close for bar in fetched.bars} == {at: candle.close for at, candle in minutes.items()}
    assert {bar.adj_close for bar in fetched.bars} == {None}
    assert len(local_yahoo.asked("HERE")) == 2, "eleven days of minutes are two questions"


async def test_what_is_no_bar_is_left_out_and_counted(local_yahoo: LocalYahoo, source: Yahoo) -> None:
    book = week()
    tuesday, wednesday, thursday = (MONDAY + timedelta(days=n) for n in (1, 2, 3))
    book.days[tuesday] = Candle()
    book.days[wednesday] = Candle(Decimal(10), Decimal(9), Decimal(11), Decimal(10), 5, Decimal(10))
    book.days[thursday] = Candle(None, None, None, Decimal(103), None, None)
    local_yahoo.publish(book)

    fetched = await source.fetch_bars("AAPL", "1d", *WEEK)

    assert [bar.start.day for bar in fetched.bars] == [2, 5, 6]
    assert (fetched.bars[1].open, fetched.bars[1].close) == (None, Decimal(103))
    assert fetched.dropped == {"null": 1, "impossible": 1}


async def test_the_day_that_is_still_forming_waits(local_yahoo: LocalYahoo, source: Yahoo) -> None:
    now = datetime.now(UTC)
    here = _where_it_is_noon(now)
    today = now.astimezone(here.zone).date()
    window = (today - timedelta(days=5), today + timedelta(days=2))
    book = Book("LIVE", here, days={today - timedelta(days=1): flat("1"), today: flat("2")})
    local_yahoo.publish(book)

    book.session = (now - timedelta(hours=1), now - timedelta(minutes=29))
    forming = await source.fetch_bars("LIVE", "1d", *window)
    assert [bar.close for bar in forming.bars] == [Decimal(1)]
    assert forming.dropped == {"forming": 1}

    book.session = (now - timedelta(hours=1), now - timedelta(minutes=31))
    over = await source.fetch_bars("LIVE", "1d", *window)
    assert [bar.close for bar in over.bars] == [Decimal(1), Decimal(2)]


async def test_the_minute_that_yahoo_s_clock_has_not_passed_waits(local_yahoo: LocalYahoo, source: Yahoo) -> None:
    minute = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=20)
    minutes = {minute + timedelta(minutes=n): flat(str(n + 1)) for n in range(3)}
    # a delayed exchange: the last trade that Yahoo knows of lies in the second of the three minutes
    last_trade = minute + timedelta(minutes=1, seconds=30)
    local_yahoo.publish(Book("LIVE", _where_it_is_noon(minute), minutes=minutes, last_trade=last_trade))

    fetched = await source.fetch_bars("LIVE", "1m", minute - timedelta(days=1), datetime.now(UTC))

    assert [bar.start for bar in fetched.bars] == [minute]
    assert fetched.dropped == {"forming": 2}


def _where_it_is_noon(now: datetime) -> Exchange:
    # POSIX counts zones westward: Etc/GMT-3 is three hours ahead of UTC
    zone = ZoneInfo(f"Etc/GMT{now.hour - 12:+d}") if now.hour != 12 else ZoneInfo("Etc/UTC")
    return Exchange("NON", "Noon", zone, "USD", time(10), time(15))


async def test_an_unknown_symbol_and_an_empty_window_are_no_data(local_yahoo: LocalYahoo, source: Yahoo) -> None:
    local_yahoo.publish(week())
    with pytest.raises(NoData, match="may be delisted"):
        await source.fetch_bars("GONE", "1d", *WEEK)
    assert len(local_yahoo.calls) == 1, "Yahoo's word is taken at once"
    with pytest.raises(NoData, match="no bars of AAPL in this window"):
        await source.fetch_bars("AAPL", "1d", date(2026, 4, 1), date(2026, 4, 8))
    with pytest.raises(NoData, match="is empty"):
        await source.fetch_bars("AAPL", "1d", MONDAY, MONDAY)


async def test_a_correction_is_seen_although_the_window_is_past(local_yahoo: LocalYahoo, source: Yahoo) -> None:
    local_yahoo.publish(week())
    before = await source.fetch_bars("AAPL", "1d", *WEEK)
    local_yahoo.books["AAPL"].days[MONDAY] = flat("99.5")
    after = await source.fetch_bars("AAPL", "1d", *WEEK)
    assert (before.bars[0].close, after.bars[0].close) == (Decimal(100), Decimal("99.5"))


async def test_every_recorded_chart_is_read_or_refused_with_a_reason(local_yahoo: LocalYahoo, source: Yahoo) -> None:
    folder = data_file("payloads/yahoo")
    read = refused = 0
    for name, symbol, body in _recorded_charts(folder):
        local_yahoo.recorded[symbol] = body
        result = body["chart"]["result"][0]
        interval = result["meta"]["dataGranularity"]
        try:
            fetched = await source.fetch_bars(symbol, interval, date(2000, 1, 1), datetime.now(UTC))
        except NoData:
            assert not result.get("timestamp"), name
            refused += 1
            continue
        closes = [close for close in result["indicators"]["quote"][0]["close"] if close is not None]
        assert [float(bar.close) for bar in fetched.bars] == pytest.approx(closes, rel=1e-6), name
        assert fetched.listing.currency == result["meta"]["currency"], name
        read += 1
    assert read > 10
    assert refused > 0


def _recorded_charts(folder: Path) -> list[tuple[str, str, Any]]:
    charts = []
    for file in sorted(folder.glob("*.json")):
        for exchange in json.loads(file.read_bytes())["interactions"]:
            if exchange["request"] and "/v8/finance/chart/" in exchange["request"]["uri"]:
                body = exchange["response"]["body"]
                if body["chart"]["result"]:
                    charts.append((file.name, body["chart"]["result"][0]["meta"]["symbol"], body))
    return charts
