"""Reads many bars of one symbol as lines of CSV, slice by slice. A table that fits into one answer is lib/db/bars.py.

Each slice is a statement of its own, so nobody holds a connection while a client reads. Slices are cut where bars lie
now and read through bars_as_of: as of a moment all of them belong together; about now, each is as new as its reading.
"""

from collections.abc import AsyncIterator
from datetime import datetime

from lib.db.pool import Pool
from lib.db.reading import read_row
from lib.domain.bars import Interval
from lib.errors import UnknownSymbol

COLUMNS = "start,open,high,low,close,adj_close,volume"

_SPAN = """
SELECT s.id, newest.first, newest.last
FROM symbols s
CROSS JOIN LATERAL (
    SELECT min(n.start) AS first, max(n.start) AS last
    FROM (
        SELECT b.start FROM bars b
        WHERE b.interval = $2 AND b.symbol_id = s.id
          AND b.start >= coalesce($3, '-infinity'::timestamptz) AND b.start < coalesce($4, 'infinity'::timestamptz)
          AND (b.observed_at <= coalesce($5, 'infinity'::timestamptz) OR EXISTS (
              SELECT FROM bar_revisions r
              WHERE r.interval = b.interval AND r.symbol_id = b.symbol_id AND r.start = b.start
                AND r.observed_at <= $5))
        ORDER BY b.start DESC LIMIT $6
    ) n
) newest
WHERE s.symbol = $1
"""

_SLICE = """
WITH edge AS MATERIALIZED (
    SELECT b.start FROM bars b
    WHERE b.interval = $2 AND b.symbol_id = $1 AND b.start >= $3 AND b.start <= $4
    ORDER BY b.start OFFSET $7 LIMIT 1
)
SELECT (SELECT start FROM edge) AS next, string_agg(x.line, E'\\r\\n' ORDER BY x.start) || E'\\r\\n' AS lines
FROM (
    SELECT a.start, concat(
               (date_part('epoch', a.start) * 1000)::bigint, ',',
               CASE WHEN $6 THEN trim_scale(round(a.open * f.factor, 6)) ELSE a.open END, ',',
               CASE WHEN $6 THEN trim_scale(round(a.high * f.factor, 6)) ELSE a.high END, ',',
               CASE WHEN $6 THEN trim_scale(round(a.low * f.factor, 6)) ELSE a.low END, ',',
               CASE WHEN $6 THEN trim_scale(round(a.close * f.factor, 6)) ELSE a.close END, ',',
               a.adj_close, ',', a.volume) AS line
    FROM bars_as_of($2, $1, $3, coalesce((SELECT start FROM edge), $4 + INTERVAL '1 microsecond'),
                    coalesce($5, 'infinity'::timestamptz)) a
    CROSS JOIN LATERAL (
        SELECT CASE WHEN $6 THEN coalesce(a.adj_close / nullif(a.close, 0), 1) END AS factor
    ) f
) x
"""


async def bar_lines(
    pool: Pool,
    symbol: str,
    interval: Interval,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    limit: int,
    slice_rows: int,
    adjusted: bool = False,
    moment: datetime | None = None,
) -> AsyncIterator[str]:
    """The newest `limit` bars of `symbol` in [start, end), oldest first, as CSV lines under one of COLUMNS, in pieces
    of about `slice_rows`. `start` is in epoch ms, numbers are as the database has them. Arguments as of
    lib.db.bars.bars_table.

    Raises UnknownSymbol before the first piece, DatabaseUnavailable.
    """
    span = await read_row(pool, _SPAN, symbol, interval, start, end, moment, limit)
    if span is None:
        raise UnknownSymbol(symbol)
    since: datetime | None = span["first"]
    yield f"{COLUMNS}\r\n"
    while since is not None:
        row = await read_row(pool, _SLICE, span["id"], interval, since, span["last"], moment, adjusted, slice_rows)
        assert row is not None
        since = row["next"]
        if row["lines"]:
            yield row["lines"]
