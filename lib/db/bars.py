"""Reads the bars of one symbol as columns of JSON. PostgreSQL builds the text; nothing here looks into it.

Writing bars is lib/db/ingest. The statement first finds the start of the newest `limit` bars known at the moment,
walking the index backwards, and only then reads through bars_as_of: the cost depends on the answer, not on the length
of the history.
"""

from datetime import datetime

from lib.db.pool import Pool
from lib.db.reading import read_row
from lib.domain.bars import Interval
from lib.errors import UnknownSymbol

_TABLE = """
SELECT json_build_object(
           'symbol', s.symbol, 'interval', $2::text, 'adjusted', $7::boolean, 'as_of', $8::text, 'sample', t.sample,
           'truncated', t.older, 'next', CASE WHEN t.older THEN replace(to_json(t.first) #>> '{}', '+00:00', 'Z') END,
           'start', coalesce(t.start, '[]'), 'open', coalesce(t.open, '[]'), 'high', coalesce(t.high, '[]'),
           'low', coalesce(t.low, '[]'), 'close', coalesce(t.close, '[]'), 'adj_close', coalesce(t.adj_close, '[]'),
           'volume', coalesce(t.volume, '[]')
       )::text AS body
FROM symbols s
CROSS JOIN LATERAL (
    SELECT count(*) AS found, min(n.start) AS first
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
CROSS JOIN LATERAL (
    SELECT newest.first,
           newest.found = $6 AND EXISTS (
               SELECT FROM bars_as_of($2, s.id, coalesce($3, '-infinity'::timestamptz), newest.first,
                                      coalesce($5, 'infinity'::timestamptz))) AS older,
           coalesce(bool_or(b.source = 'sample'), false) AS sample,
           array_to_json(array_agg((date_part('epoch', b.start) * 1000)::bigint)) AS start,
           array_to_json(array_agg(CASE WHEN $7 THEN trim_scale(round(b.open * b.factor, 6)) ELSE b.open END)) AS open,
           array_to_json(array_agg(CASE WHEN $7 THEN trim_scale(round(b.high * b.factor, 6)) ELSE b.high END)) AS high,
           array_to_json(array_agg(CASE WHEN $7 THEN trim_scale(round(b.low * b.factor, 6)) ELSE b.low END)) AS low,
           array_to_json(array_agg(CASE WHEN $7 THEN trim_scale(round(b.close * b.factor, 6)) ELSE b.close END))
               AS close,
           array_to_json(array_agg(b.adj_close)) AS adj_close,
           array_to_json(array_agg(b.volume)) AS volume
    FROM (
        SELECT a.*, CASE WHEN $7 THEN coalesce(a.adj_close / nullif(a.close, 0), 1) END AS factor
        FROM bars_as_of($2, s.id, newest.first, coalesce($4, 'infinity'::timestamptz),
                        coalesce($5, 'infinity'::timestamptz)) a
        ORDER BY a.start
    ) b
) t
WHERE s.symbol = $1
"""


async def bars_table(
    pool: Pool,
    symbol: str,
    interval: Interval,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    limit: int = 1000,
    adjusted: bool = False,
    moment: datetime | None = None,
    as_of: str | None = None,
) -> str:
    """JSON text: the newest `limit` bars of `symbol` in [start, end), oldest first, one array per column, `start` in
    epoch ms.

    None leaves a side open. `moment` reads what was known then, None what is known now; `as_of` is how the answer
    writes it. A cut range says so: `truncated`, and `next`, the `end` with which the bars before it are asked for.
    `adjusted` scales open, high, low and close by adj_close / close, where adj_close is known. Raises UnknownSymbol,
    DatabaseUnavailable.
    """
    row = await read_row(pool, _TABLE, symbol, interval, start, end, moment, limit, adjusted, as_of)
    if row is None:
        raise UnknownSymbol(symbol)
    body: str = row["body"]
    return body
