"""Whatever is published on whatever exchanges: collected side by side, each bar is stored as it was published, once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.collect.bars import collect
from lib.collect.gate import Gate
from lib.db.pool import Pool
from lib.domain.bars import Interval, trading_day
from lib.sources.yahoo.client import Yahoo
from tests.servers.faults import BAD_GATEWAY, Cut, Fault, HalfJson, Page, Slow
from tests.servers.yahoo import LocalYahoo
from tests.servers.yahoo_charts import EXCHANGES, Book, Candle, Exchange

_STORED = """
SELECT s.symbol, s.currency, b.start, b.open, b.high, b.low, b.close, b.volume
FROM bars b JOIN symbols s ON s.id = b.symbol_id
WHERE s.symbol = ANY($1) AND b.interval = $2
"""

# long over, and more than a year: New York's clock changes within it, Seoul's does not
_LAST = datetime.now(UTC).date() - timedelta(days=10)
_DAYS = [_LAST - timedelta(days=n) for n in range(400)]

_numbers = count()
_prices = st.integers(1, 999_999).map(lambda cents: Decimal(cents) / 100)
_volumes = st.integers(0, 10**12)


@st.composite
def _candles(draw: st.DrawFn) -> Candle:
    low, open_, close, high = sorted(draw(st.tuples(_prices, _prices, _prices, _prices)))
    return Candle(open_, high, low, close, draw(_volumes), close)


@st.composite
def _books(draw: st.DrawFn) -> Book:
    exchange: Exchange = draw(st.sampled_from(EXCHANGES))
    days = draw(st.dictionaries(st.sampled_from(_DAYS), _candles(), min_size=1, max_size=12))
    hours = draw(st.dictionaries(st.sampled_from(_DAYS), _candles(), max_size=6))
    by_hour = {exchange.opening(day) + timedelta(hours=n % 4): candle for n, (day, candle) in enumerate(hours.items())}
    return Book(f"P{next(_numbers)}", exchange, days=days, minutes=by_hour)


@given(
    books=st.lists(_books(), min_size=2, max_size=12),
    faults=st.lists(st.sampled_from([BAD_GATEWAY, Page(), HalfJson(), Cut(), Slow(0.02)]), max_size=2),
    interval=st.sampled_from(["1d", "1h"]),
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_bars_never_mix_symbols_or_time_zones(
    pool: Pool,
    local_yahoo: LocalYahoo,
    source: Yahoo,
    books: list[Book],
    faults: list[Fault],
    interval: Interval,
) -> None:
    local_yahoo.reset()
    local_yahoo.publish(*books)
    for book in books[::3]:
        local_yahoo.script.then(book.symbol, *faults)
    symbols = [book.symbol for book in books]

    for _ in range(2):
        await collect(pool, source, symbols, interval, gate=Gate(), days=len(_DAYS) + 20)

    stored = await pool.fetch(_STORED, symbols, interval)
    published = [row for book in books for row in _published(book, interval)]
    assert sorted(tuple(row) for row in stored) == sorted(published)
    assert await pool.fetchval("SELECT count(*) FROM bar_revisions") == 0


def _published(book: Book, interval: Interval) -> list[tuple[object, ...]]:
    rows: list[tuple[datetime, Candle]]
    if interval == "1d":
        rows = [(trading_day(day), candle) for day, candle in book.days.items()]
    else:
        rows = list(book.minutes.items())
    currency = book.exchange.currency
    return [(book.symbol, currency, at.astimezone(UTC), *candle[:5]) for at, candle in rows]
