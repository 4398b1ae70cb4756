"""A local Yahoo under soak: forty stocks that get another day, and now and then a correction, a dividend or a null
candle. It does not know the collector.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from lib.db.pool import Pool
from lib.domain.bars import trading_day
from tests.faults.chance import Chance
from tests.servers.faults import BAD_GATEWAY, Cut, HalfBody, HalfJson, Page, Slow, Status, TooMany
from tests.servers.yahoo import LocalYahoo
from tests.servers.yahoo_charts import NASDAQ, Book, Candle, flat

SYMBOLS = tuple(f"SOAK{number}" for number in range(40))

FAULTS: tuple[Any, ...] = (
    TooMany("1"), TooMany(), BAD_GATEWAY, Status(401), Status(403), Page(), HalfJson(), HalfBody(), Cut(), Slow(0.2),
)  # fmt: skip

_STORED = """
SELECT s.symbol, b.start, b.close FROM bars b JOIN symbols s ON s.id = b.symbol_id
WHERE b.interval = '1d' AND b.source = 'yahoo'
"""


class SoakedYahoo:
    """See tests.faults.soak.Provider; what it publishes are daily bars, one day of one stock each."""

    name = "yahoo"
    commands: Sequence[Sequence[str]] = (("collect", "bars", "--interval", "1d"),)
    at_last: Sequence[Sequence[str]] = ()
    settles_s = 0.0

    def __init__(self, local: LocalYahoo, seed: int) -> None:
        self._local = local
        self.chance = local.script = Chance(seed, FAULTS)
        self._books = {symbol: Book(symbol, NASDAQ, days={}) for symbol in SYMBOLS}
        self._day = datetime.now(UTC).date() - timedelta(days=400)
        local.publish(*self._books.values())

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            **self._local.environment,
            "INSITECHART_WATCHLIST": ",".join(SYMBOLS),
            # it is ours, and may be asked often
            "INSITECHART_YAHOO_CALLS_PER_MINUTE": "6000",
        }

    @property
    def calls(self) -> int:
        return len(self._local.calls)

    def publish(self, chance: random.Random, count: int) -> None:
        for _ in range(max(count // len(SYMBOLS), 1)):
            self._day = _next_trading_day(self._day)
            for book in self._books.values():
                book.days[self._day] = Candle() if chance.random() < 0.02 else flat(_price(chance))
        for book in chance.sample(list(self._books.values()), 4):
            # the newest days are corrected by Yahoo, and only those are asked for again
            book.days[self._day] = flat(_price(chance))

    async def check(self, pool: Pool) -> int:
        expected = {
            (symbol, trading_day(day)): candle.close
            for symbol, book in self._books.items()
            for day, candle in book.days.items()
            if candle.close is not None
        }
        rows = await pool.fetch(_STORED)
        stored = {(row["symbol"], row["start"]): row["close"] for row in rows}
        assert len(stored) == len(rows)
        wrong = {key for key in expected.keys() | stored.keys() if expected.get(key) != stored.get(key)}
        assert not wrong, [(key, expected.get(key), stored.get(key)) for key in sorted(wrong)[:5]]
        return 0


def _next_trading_day(day: date) -> date:
    day += timedelta(days=1)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day


def _price(chance: random.Random) -> Decimal:
    return Decimal(chance.randrange(1000, 50000)) / 100
