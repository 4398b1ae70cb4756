"""From the local Yahoo into PostgreSQL: what is stored, what a second look changes, and what the accounts say
afterwards.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from lib.collect.bars import Outcome, collect
from lib.collect.gate import Gate
from lib.db.ingest import Written
from lib.db.ingest.symbols import store_listings
from lib.db.pool import Pool
from lib.domain.bars import Interval, trading_day
from lib.domain.symbols import Listing
from lib.sources.yahoo.client import Yahoo
from tests.servers.faults import BAD_GATEWAY, Page, TooMany
from tests.servers.yahoo import LocalYahoo
from tests.servers.yahoo_charts import KRX, NASDAQ, NYSE, Book, Candle, Exchange, flat

# long settled, and within the first range of two years
TODAY = datetime.now(UTC).date()
DAYS = [day for n in range(100, 3, -1) if (day := TODAY - timedelta(days=n)).weekday() < 5]

_CLOSES = """
SELECT b.start, b.close
FROM symbols s, bars_as_of('1d', s.id, '-infinity', 'infinity', $2::text::timestamptz) b
WHERE s.symbol = $1
"""


def book(symbol: str, exchange: Exchange = NASDAQ, **more: Any) -> Book:
    """A few months of days, each at its own price."""
    return Book(symbol, exchange, days={day: flat(str(100 + n)) for n, day in enumerate(DAYS)}, **more)


async def run(
    pool: Pool,
    source: Yahoo,
    *symbols: str,
    interval: Interval = "1d",
    gate: Gate | None = None,
    days: int | None = None,
) -> list[Outcome]:
    """One collection."""
    return await collect(pool, source, symbols, interval, gate=gate or Gate(), days=days)


async def closes(pool: Pool, symbol: str, as_of: datetime | str = "infinity") -> dict[date, Decimal]:
    """The daily closes of `symbol` as they were known at a moment."""
    rows = await pool.fetch(_CLOSES, symbol, str(as_of))
    return {row["start"].date(): row["close"] for row in rows}


async def test_twice_equals_once_and_the_second_time_asks_for_little(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    local_yahoo.publish(book("AAPL", dividends={DAYS[-2]: Decimal("0.26")}, splits={DAYS[3]: (2, 1)}))

    (first,) = await run(pool, source, "AAPL")
    (second,) = await run(pool, source, "AAPL")

    assert (first.state, first.bars, first.actions) == ("ok", Written(len(DAYS), 0, 0), Written(2, 0, 0))
    assert second.bars.new == second.bars.changed == second.actions.new == 0
    assert second.start == trading_day(DAYS[-1]) - timedelta(days=7)
    assert second.bars.unchanged == sum(day >= second.start.date() for day in DAYS)
    assert await pool.fetchval("SELECT count(*) FROM bar_revisions") == 0
    assert await closes(pool, "AAPL") == {day: Decimal(100 + n) for n, day in enumerate(DAYS)}
    accounts = await pool.fetch("SELECT * FROM coverage ORDER BY id")
    assert [(a["stream"], a["state"], a["asked"], a["received"]) for a in accounts] == [
        ("bars/1d/AAPL", "ok", 1, len(DAYS)),
        ("bars/1d/AAPL", "ok", 1, second.bars.unchanged),
    ]


async def test_a_correction_keeps_what_was_known_before(pool: Pool, local_yahoo: LocalYahoo, source: Yahoo) -> None:
    local_yahoo.publish(book("AAPL"))
    await run(pool, source, "AAPL")
    before = await pool.fetchval("SELECT clock_timestamp()")
    known_before = await closes(pool, "AAPL", before)

    local_yahoo.books["AAPL"].days[DAYS[-2]] = flat("99.25")
    (outcome,) = await run(pool, source, "AAPL")

    assert (outcome.bars.new, outcome.bars.changed) == (0, 1)
    assert await closes(pool, "AAPL", before) == known_before
    assert await closes(pool, "AAPL") == known_before | {DAYS[-2]: Decimal("99.25")}


async def test_an_adjusted_close_that_merely_trembles_makes_no_revision(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    local_yahoo.publish(book("AAPL"))
    day = DAYS[-2]
    local_yahoo.books["AAPL"].days[day] = flat("75")._replace(adj_close=Decimal("72.71607"))
    await run(pool, source, "AAPL")
    local_yahoo.books["AAPL"].days[day] = flat("75")._replace(adj_close=Decimal("72.71608"))
    (trembled,) = await run(pool, source, "AAPL")
    local_yahoo.books["AAPL"].days[day] = flat("75")._replace(adj_close=Decimal("72.7"))
    (corrected,) = await run(pool, source, "AAPL")

    assert (trembled.bars.changed, corrected.bars.changed) == (0, 1)


async def test_a_split_has_the_whole_stored_range_asked_for_again(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    local_yahoo.publish(book("AAPL"))
    await run(pool, source, "AAPL")

    halves = {day: flat(str((Decimal(100) + n) / 2)) for n, day in enumerate(DAYS)}
    local_yahoo.publish(Book("AAPL", NASDAQ, days=halves, splits={DAYS[-1]: (2, 1)}))
    (outcome,) = await run(pool, source, "AAPL")
    (after,) = await run(pool, source, "AAPL")

    assert outcome.bars == Written(0, len(DAYS), 0)
    assert outcome.start == trading_day(DAYS[0])
    assert await closes(pool, "AAPL") == {day: candle.close for day, candle in halves.items()}
    assert after.start > outcome.start, "once known, the split is no news"


async def test_a_symbol_without_listing_gets_one_and_a_better_one_stays(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    local_yahoo.publish(book("005930.KS", KRX, name="Samsung Electronics Co., Ltd."), book("AAPL", name="Apple Inc."))
    async with pool.acquire() as conn:
        await store_listings(conn, [Listing(symbol="AAPL", name="Apple Inc. Common Stock", exchange="NASDAQ")])

    await run(pool, source, "005930.KS", "AAPL", "GONE")

    listed = await pool.fetch("SELECT symbol, name, exchange, currency FROM symbols ORDER BY symbol")
    assert [tuple(row) for row in listed] == [
        ("005930.KS", "Samsung Electronics Co., Ltd.", "KOSPI", "KRW"),
        ("AAPL", "Apple Inc. Common Stock", "NASDAQ", None),
    ]


async def test_one_symbol_s_failure_does_not_stop_the_others(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    local_yahoo.publish(book("AAPL"), book("MSFT"), book("IBM", NYSE), Book("IDLE", NYSE))
    local_yahoo.script.always("MSFT", BAD_GATEWAY)
    local_yahoo.script.always("IBM", Page())

    outcomes = await run(pool, source, "MSFT", "GONE", "AAPL", "IBM", "IDLE")

    assert {outcome.symbol: outcome.state for outcome in outcomes} == {
        "MSFT": "unavailable", "GONE": "empty", "AAPL": "ok", "IBM": "unavailable", "IDLE": "empty",
    }  # fmt: skip
    accounts = await pool.fetch("SELECT stream, state, reason FROM coverage")
    assert {row["stream"]: row["state"] for row in accounts} == {f"bars/1d/{o.symbol}": o.state for o in outcomes}
    assert all(row["reason"] for row in accounts if row["state"] != "ok")
    assert await pool.fetchval("SELECT count(*) FROM bars") == len(DAYS)


@pytest.mark.parametrize("retry_after", [None, "3600"])
async def test_rate_limited_means_that_no_further_symbol_is_asked(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo, retry_after: str | None
) -> None:
    symbols = [f"S{n}" for n in range(20)]
    local_yahoo.publish(*(book(symbol) for symbol in symbols))
    local_yahoo.script.always("*", TooMany(retry_after))
    gate = Gate()

    outcomes = await run(pool, source, *symbols, gate=gate)

    assert {outcome.state for outcome in outcomes} == {"rate_limited"}
    assert gate.closed("bars/1d/AAPL") is not None
    asked = {call.symbol for call in local_yahoo.calls}
    assert len(asked) <= 2 * source.concurrency
    refused = await pool.fetch("SELECT stream, asked FROM coverage WHERE state = 'rate_limited'")
    assert {row["stream"] for row in refused} == {f"bars/1d/{symbol}" for symbol in symbols}
    assert sum(row["asked"] for row in refused) == sum(outcome.asked for outcome in outcomes) < len(symbols)
    assert await pool.fetchval("SELECT count(*) FROM bars") == 0


async def test_what_was_missed_is_caught_up(pool: Pool, local_yahoo: LocalYahoo, source: Yahoo) -> None:
    whole = book("AAPL")
    local_yahoo.publish(Book("AAPL", NASDAQ, days={day: whole.days[day] for day in DAYS[:-30]}))
    await run(pool, source, "AAPL")
    local_yahoo.publish(whole)
    local_yahoo.script.then("AAPL", BAD_GATEWAY, BAD_GATEWAY, BAD_GATEWAY)
    (missed,) = await run(pool, source, "AAPL")
    (caught_up,) = await run(pool, source, "AAPL")

    assert (missed.state, caught_up.state, caught_up.bars.new) == ("unavailable", "ok", 30)
    assert await closes(pool, "AAPL") == {day: candle.close for day, candle in whole.days.items()}


@pytest.mark.parametrize(
    ("interval", "overlap"), [("1d", timedelta(days=7)), ("1h", timedelta(days=1)), ("1m", timedelta(hours=1))]
)
async def test_after_an_outage_of_days_exactly_what_was_missed_is_asked_for(
    pool: Pool, local_yahoo: LocalYahoo, source: Yahoo, interval: Interval, overlap: timedelta
) -> None:
    before, outage = DAYS[-16:-7], DAYS[-7:]
    whole = Book("AAPL", NASDAQ, days={day: flat("100") for day in before + outage}, minutes=_hours(before + outage))
    local_yahoo.publish(Book("AAPL", NASDAQ, days={day: flat("100") for day in before}, minutes=_hours(before)))
    await run(pool, source, "AAPL", interval=interval, days=28)
    last = await pool.fetchval("SELECT max(start) FROM bars")
    local_yahoo.publish(whole)
    local_yahoo.calls.clear()

    (caught_up,) = await run(pool, source, "AAPL", interval=interval)

    asked = sorted(local_yahoo.asked("AAPL"), key=lambda call: call.start)
    # of minutes Yahoo gives a week at a time
    assert len(asked) == (-(-(caught_up.end - caught_up.start) // timedelta(days=7)) if interval == "1m" else 1)
    assert caught_up.start == last - overlap
    # of days, Yahoo is asked by those of the exchange
    assert abs(asked[0].start - caught_up.start) < (timedelta(days=1) if interval == "1d" else timedelta(seconds=1))
    assert asked[-1].end >= datetime.now(UTC) - timedelta(minutes=5)
    assert all(one.end == other.start for one, other in pairwise(asked)), "no gap, no overlap"
    per_day = 1 if interval == "1d" else 3
    assert (caught_up.bars.new, caught_up.bars.changed) == (per_day * len(outage), 0)
    assert await pool.fetchval("SELECT count(*) FROM bars") == per_day * len(before + outage)
    (again,) = await run(pool, source, "AAPL", interval=interval)
    assert again.bars.new == 0


def _hours(days: list[date]) -> dict[datetime, Candle]:
    # true for hours and for minutes: three of either begin like this
    return {NASDAQ.opening(day) + timedelta(hours=n): flat(str(100 + n)) for day in days for n in range(3)}


async def test_days_asks_for_them_whatever_is_stored(pool: Pool, local_yahoo: LocalYahoo, source: Yahoo) -> None:
    local_yahoo.publish(book("AAPL"))
    await run(pool, source, "AAPL")
    local_yahoo.books["AAPL"].days[DAYS[0]] = flat("98.5")
    (usual,) = await run(pool, source, "AAPL")
    (asked,) = await run(pool, source, "AAPL", days=120)
    assert (usual.bars.changed, asked.bars.changed) == (0, 1)
