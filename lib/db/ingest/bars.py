"""Writes bars: staged by COPY, merged set by set; corrections are UPDATEs, so the trigger keeps what was known before.

It does not read or judge files; bars that no market can have printed are refused whole, their source filters them
first.
"""

from collections.abc import Sequence
from io import BytesIO

from lib.db.ingest import Written
from lib.db.ingest.symbols import lock_symbol_ids
from lib.db.pool import Connection
from lib.domain.bar_rules import bar_fault
from lib.domain.bars import INTERVALS, Bar, Interval
from lib.errors import UnknownSymbol

COLUMNS = ("symbol_id", "start", "open", "high", "low", "close", "adj_close", "volume")

_STAGE = """
CREATE TEMP TABLE IF NOT EXISTS bars_given (
    symbol_id integer, start timestamptz,
    open numeric, high numeric, low numeric, close numeric, adj_close numeric, volume bigint
) ON COMMIT DELETE ROWS
"""

_CLEAR = "TRUNCATE bars_given"

# xmax tells a fresh row from a rewritten one elsewhere, but a partitioned table does not show it: rows known before are
# counted instead.
_MERGE = """
WITH stamp AS MATERIALIZED (
    SELECT begin_observation() AS observed_at
), known AS (
    SELECT count(*) AS n FROM bars_given g
    WHERE EXISTS (SELECT FROM bars b WHERE b.interval = $1 AND b.symbol_id = g.symbol_id AND b.start = g.start)
), written AS (
    INSERT INTO bars AS b
        (interval, symbol_id, start, open, high, low, close, adj_close, volume, source, observed_at)
    SELECT $1, g.symbol_id, g.start, g.open, g.high, g.low, g.close, g.adj_close, g.volume, $2, stamp.observed_at
    FROM bars_given g CROSS JOIN stamp
    ORDER BY g.symbol_id, g.start
    ON CONFLICT (interval, symbol_id, start) DO UPDATE SET
        open = coalesce(EXCLUDED.open, CASE WHEN b.source <> 'sample' THEN b.open END),
        high = coalesce(EXCLUDED.high, CASE WHEN b.source <> 'sample' THEN b.high END),
        low = coalesce(EXCLUDED.low, CASE WHEN b.source <> 'sample' THEN b.low END),
        close = EXCLUDED.close,
        adj_close = coalesce(EXCLUDED.adj_close, CASE WHEN b.source <> 'sample' THEN b.adj_close END),
        volume = coalesce(EXCLUDED.volume, CASE WHEN b.source <> 'sample' THEN b.volume END),
        source = EXCLUDED.source,
        observed_at = EXCLUDED.observed_at
    WHERE (b.source = 'sample' OR EXCLUDED.source <> 'sample')
      AND (b.source = 'sample' AND EXCLUDED.source <> 'sample'
           OR EXCLUDED.open <> b.open OR EXCLUDED.open IS NOT NULL AND b.open IS NULL
           OR EXCLUDED.high <> b.high OR EXCLUDED.high IS NOT NULL AND b.high IS NULL
           OR EXCLUDED.low <> b.low OR EXCLUDED.low IS NOT NULL AND b.low IS NULL
           OR EXCLUDED.close <> b.close
           OR EXCLUDED.adj_close <> b.adj_close OR EXCLUDED.adj_close IS NOT NULL AND b.adj_close IS NULL
           OR EXCLUDED.volume <> b.volume OR EXCLUDED.volume IS NOT NULL AND b.volume IS NULL)
    RETURNING 1
)
SELECT (SELECT count(*) FROM bars_given), (SELECT n FROM known), (SELECT count(*) FROM written)
"""


async def store_bars(conn: Connection, bars: Sequence[Bar], *, source: str) -> Written:
    """Adds new bars and corrects known ones that differ. Of two for the same symbol, interval and start the later one
    counts.

    An unknown price or volume never erases a known one, and sample bars never replace real ones. Raises UnknownSymbol
    where a symbol has no listing, and ValueError for a bar that no market can have printed.
    """
    distinct = {(bar.interval, bar.symbol, bar.start): bar for bar in bars}
    ids = await lock_symbol_ids(conn, {bar.symbol for bar in bars})
    for bar in distinct.values():
        if bar.symbol not in ids:
            raise UnknownSymbol(bar.symbol)
        fault = bar_fault(bar.symbol, bar.open, bar.high, bar.low, bar.close, bar.adj_close, bar.volume)
        if fault is not None:
            raise ValueError(f"the {bar.interval} bar of {bar.symbol} at {bar.start.isoformat()} is none: {fault}")
    new = changed = 0
    for interval in INTERVALS:
        records = [
            (ids[bar.symbol], bar.start, bar.open, bar.high, bar.low, bar.close, bar.adj_close, bar.volume)
            for bar in distinct.values()
            if bar.interval == interval
        ]
        if not records:
            continue
        await _stage(conn)
        await conn.copy_records_to_table("bars_given", records=records, columns=COLUMNS)
        written = await _merge(conn, interval, source)
        new, changed = new + written.new, changed + written.changed
    return Written(new, changed, len(bars) - new - changed)


async def store_bar_lines(conn: Connection, lines: bytes, *, interval: Interval, source: str) -> Written:
    """The same from PostgreSQL's COPY text: one line a bar, COLUMNS divided by tabs, `\\N` where unknown, numbers as
    they were written.

    The caller has checked each line, holds the ids by `lock_symbol_ids`, and gives no bar twice.
    """
    await _stage(conn)
    await conn.copy_to_table("bars_given", source=BytesIO(lines), columns=COLUMNS, format="text")
    return await _merge(conn, interval, source)


async def _stage(conn: Connection) -> None:
    await conn.execute(_STAGE)
    await conn.execute(_CLEAR)


async def _merge(conn: Connection, interval: Interval, source: str) -> Written:
    counts = await conn.fetchrow(_MERGE, interval, source)
    assert counts is not None
    given, known, written = counts
    new = given - known
    return Written(new, written - new, given - written)
