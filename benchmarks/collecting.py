"""How much of the allowed rate a collection uses: daily bars of 500 symbols, from a local Yahoo with 200 ms latency.

The baseline is what the rate permits. It measures calls, for a first question about a symbol takes two.
"""

import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

from benchmarks.support import empty_database
from lib.collect.bars import collect
from lib.collect.opening import open_source
from lib.db.pool import open_pool
from lib.settings import Settings
from lib.sources.bars import BarSource
from tests.servers.faults import Slow
from tests.servers.yahoo import LocalYahoo, running_yahoo
from tests.servers.yahoo_charts import NASDAQ, Book, flat

SYMBOLS = [f"B{number}" for number in range(500)]
LATENCY_S = 0.2

# twice the default rate, so that the measurement takes three minutes instead of six
PER_MINUTE, CONCURRENCY = 480, 4


async def main() -> list[tuple[str, float, float, str]]:
    """First collection (two calls a symbol) and the next one (one call)."""
    with tempfile.TemporaryDirectory() as place, running_yahoo(Path(place)) as yahoo:
        os.environ.update(yahoo.environment)
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        days = {yesterday - timedelta(days=back): flat("100") for back in range(250)}
        yahoo.publish(*(Book(symbol, NASDAQ, days=days) for symbol in SYMBOLS))
        yahoo.script.always("*", Slow(LATENCY_S))
        settings = Settings(home=Path(place), yahoo_calls_per_minute=PER_MINUTE, yahoo_concurrency=CONCURRENCY)
        async with empty_database() as url, open_pool(url, application="insitechart-bench") as pool:
            rows = []
            async with open_source(pool, settings, "yahoo") as opened:
                assert isinstance(opened.source, BarSource)
                for name in ("first", "next"):
                    rate = await _rate(yahoo, collect(pool, opened.source, SYMBOLS, "1d", gate=opened.gate))
                    rows.append((f"{name} collection of 500 symbols, 200 ms latency", rate, PER_MINUTE / 60, "calls/s"))
            return rows


async def _rate(yahoo: LocalYahoo, collecting: object) -> float:
    before, began = len(yahoo.calls), monotonic()
    outcomes = await collecting  # type: ignore[misc]
    assert {outcome.state for outcome in outcomes} == {"ok"}
    return (len(yahoo.calls) - before) / (monotonic() - began)
