"""Reads how far a source's bars reach, and what is known of what it may correct. It does not write and does not ask
sources.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from lib.db.pool import Connection, Pool
from lib.db.reading import read_rows
from lib.domain.bars import Action, Interval

# each side of the range is one step in the index, unless other sources' bars lie before it
_REACH = """
SELECT s.symbol, s.sample, first.start AS first, last.start AS last
FROM symbols s
LEFT JOIN LATERAL (
    SELECT b.start FROM bars b WHERE b.interval = $2 AND b.symbol_id = s.id AND b.source = $3 ORDER BY b.start LIMIT 1
) first ON true
LEFT JOIN LATERAL (
    SELECT b.start FROM bars b WHERE b.interval = $2 AND b.symbol_id = s.id AND b.source = $3 ORDER BY b.start DESC
    LIMIT 1 ) last ON true WHERE s.symbol = ANY($1::text[])
"""

_ACTIONS = """
SELECT DISTINCT ON (a.ex_date, a.kind) a.ex_date, a.kind, a.value
FROM corporate_actions a JOIN symbols s ON s.id = a.symbol_id
WHERE s.symbol = $1
ORDER BY a.ex_date, a.kind, a.observed_at DESC
"""

_ADJUSTED = """
SELECT b.start, b.adj_close FROM bars b JOIN symbols s ON s.id = b.symbol_id
WHERE s.symbol = $1 AND b.interval = '1d' AND b.start >= $2 AND b.start < $3 AND b.source = $4 AND b.adj_close IS NOT
NULL
"""

# what the sample invents is no bar
_STARTS = """
SELECT b.start FROM bars b JOIN symbols s ON s.id = b.symbol_id
WHERE s.symbol = $1 AND b.interval = $2 AND b.start >= $3 AND b.start < $4 AND b.source <> 'sample' ORDER BY b.start
"""


class Reach(NamedTuple):
    """Starts of the first and the last bar that a source gave; `sample` where the listing is still the sample's."""

    sample: bool
    first: datetime | None
    last: datetime | None


async def reach(pool: Pool, symbols: Sequence[str], *, interval: Interval, source: str) -> dict[str, Reach]:
    """How far the bars of each of `symbols` reach that has a listing. Raises DatabaseUnavailable."""
    rows = await read_rows(pool, _REACH, list(symbols), interval, source)
    return {row["symbol"]: Reach(row["sample"], row["first"], row["last"]) for row in rows}


async def known_actions(pool: Pool, symbol: str) -> set[Action]:
    """Every dividend and split of `symbol` with its newest known value. Raises DatabaseUnavailable."""
    rows = await read_rows(pool, _ACTIONS, symbol)
    return {Action(symbol=symbol, kind=row["kind"], ex_date=row["ex_date"], value=row["value"]) for row in rows}


async def adjusted_closes(
    conn: Connection, symbol: str, start: datetime, end: datetime, *, source: str
) -> dict[datetime, Decimal]:
    """The known adjusted close of each daily bar of `symbol` in [start, end) that came from `source`."""
    return {row["start"]: row["adj_close"] for row in await conn.fetch(_ADJUSTED, symbol, start, end, source)}


async def bar_starts(
    db: Pool | Connection, symbol: str, interval: Interval, start: datetime, end: datetime
) -> list[datetime]:
    """The starts of the stored bars of `symbol` in [start, end), in order, whatever source they came from."""
    return [row["start"] for row in await db.fetch(_STARTS, symbol, interval, start, end)]
