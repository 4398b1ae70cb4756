"""Reads the bars and the sentiment of one symbol on one time axis, as columns of JSON. PostgreSQL builds the text.

The axis is the union of both: a day with posts and no trading is there, with null prices. `limit` counts intervals
back from the newest bar or post of the range, so the cost is bounded by the answer. Hourly bars of some exchanges
start at half past; hours of posts are then counted from half past too, so that they meet.
"""

from datetime import datetime, timedelta

from lib.db.pool import Pool
from lib.db.reading import read_row
from lib.db.sentiment import Table
from lib.domain.bars import Interval
from lib.domain.sentiment import BUCKET
from lib.errors import UnknownSymbol

_STEPS: dict[Interval, timedelta] = {"1d": timedelta(days=1), "1h": timedelta(hours=1), "1m": timedelta(minutes=1)}

_TABLE = """
SELECT c.id IS NOT NULL AS scorer_known,
       json_build_object(
           'symbol', s.symbol, 'interval', $2::text, 'scorer', $7::text, 'as_of', $10::text, 'sample', t.sample,
           'truncated', older.more,
           'next', CASE WHEN older.more THEN replace(to_json(span.since) #>> '{}', '+00:00', 'Z') END,
           'start', coalesce(t.start, '[]'), 'open', coalesce(t.open, '[]'), 'high', coalesce(t.high, '[]'),
           'low', coalesce(t.low, '[]'), 'close', coalesce(t.close, '[]'), 'adj_close', coalesce(t.adj_close, '[]'),
           'volume', coalesce(t.volume, '[]'), 'posts', coalesce(t.posts, '[]'), 'authors', coalesce(t.authors, '[]'),
           'positive', coalesce(t.positive, '[]'), 'negative', coalesce(t.negative, '[]'),
           'score', coalesce(t.score, '[]'),
           'actions', coalesce(a.actions, '[]')
       )::text AS body
FROM symbols s
LEFT JOIN scorers c ON c.name = $7
CROSS JOIN LATERAL (
    SELECT coalesce($3, '-infinity'::timestamptz) AS since, coalesce($4, 'infinity'::timestamptz) AS until,
           coalesce($5, 'infinity'::timestamptz) AS moment
) asked
LEFT JOIN LATERAL (
    SELECT b.start FROM bars b
    WHERE b.interval = $2 AND b.symbol_id = s.id AND b.start >= asked.since AND b.start < asked.until
      AND (b.observed_at <= asked.moment OR EXISTS (
          SELECT FROM bar_revisions r
          WHERE r.interval = b.interval AND r.symbol_id = b.symbol_id AND r.start = b.start
            AND r.observed_at <= asked.moment))
    ORDER BY b.start DESC LIMIT 1
) newest_bar ON true
LEFT JOIN LATERAL (
    SELECT b.start FROM sentiment_buckets b
    WHERE b.symbol_id = s.id AND b.scorer_id = c.id AND b.start >= asked.since AND b.start < asked.until
      AND (b.observed_at <= asked.moment OR EXISTS (
          SELECT FROM sentiment_bucket_revisions r
          WHERE r.symbol_id = b.symbol_id AND r.scorer_id = b.scorer_id AND r.source = b.source AND r.start = b.start
            AND r.observed_at <= asked.moment))
    ORDER BY b.start DESC LIMIT 1
) newest_bucket ON true
CROSS JOIN LATERAL (
    SELECT coalesce(CASE WHEN $2 = '1h' THEN newest_bar.start END, 'epoch'::timestamptz) AS origin
) grid
CROSS JOIN LATERAL (
    SELECT greatest(asked.since, greatest(newest_bar.start, date_bin($8::interval, newest_bucket.start, grid.origin))
                                 - ($6::integer - 1) * $8::interval) AS since
) span
CROSS JOIN LATERAL (
    SELECT span.since > asked.since AND (
        EXISTS (SELECT FROM bars_as_of($2, s.id, asked.since, span.since, asked.moment))
        OR EXISTS (SELECT FROM buckets_as_of(s.id, c.id, asked.since, span.since, asked.moment) k
                   WHERE k.posts > 0)) AS more
) older
CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object('kind', d.kind, 'ex_date', d.ex_date, 'value', d.value)
                    ORDER BY d.ex_date, d.kind) AS actions
    FROM (
        SELECT DISTINCT ON (ex_date, kind) ex_date, kind, value FROM corporate_actions
        WHERE symbol_id = s.id AND observed_at <= asked.moment AND ex_date >= span.since AND ex_date < asked.until
        ORDER BY ex_date, kind, observed_at DESC
    ) d
) a
CROSS JOIN LATERAL (
    WITH buckets AS MATERIALIZED (
        SELECT date_bin($9::interval, k.start, grid.origin) AS bin,
               k.source, k.posts, k.positive, k.negative, k.score_sum, k.author_hashes
        FROM buckets_as_of(s.id, c.id, span.since, asked.until, asked.moment) k
        WHERE k.posts > 0
    ), voices AS (
        SELECT b.bin, distinct_authors(array_agg(DISTINCT h)) AS authors
        FROM buckets b CROSS JOIN unnest(b.author_hashes) h GROUP BY b.bin
    ), verdicts AS (
        SELECT b.bin AS start, sum(b.posts) AS posts, sum(b.positive) AS positive, sum(b.negative) AS negative,
               trim_scale(round(sum(b.score_sum) / sum(b.posts), 6)) AS score, bool_or(b.source = 'sample') AS sample
        FROM buckets b GROUP BY b.bin
    ), axis AS (
        SELECT start, b.open, b.high, b.low, b.close, b.adj_close, b.volume, v.posts, v.positive, v.negative, v.score,
               CASE WHEN v.posts IS NOT NULL THEN coalesce(w.authors, 0) END AS authors,
               coalesce(b.source = 'sample', false) OR coalesce(v.sample, false) AS sample
        FROM bars_as_of($2, s.id, span.since, asked.until, asked.moment) b
        FULL JOIN verdicts v USING (start)
        LEFT JOIN voices w ON w.bin = start
        ORDER BY start
    )
    SELECT coalesce(bool_or(x.sample), false) AS sample,
           array_to_json(array_agg((date_part('epoch', x.start) * 1000)::bigint)) AS start,
           array_to_json(array_agg(x.open)) AS open, array_to_json(array_agg(x.high)) AS high,
           array_to_json(array_agg(x.low)) AS low, array_to_json(array_agg(x.close)) AS close,
           array_to_json(array_agg(x.adj_close)) AS adj_close, array_to_json(array_agg(x.volume)) AS volume,
           array_to_json(array_agg(x.posts)) AS posts, array_to_json(array_agg(x.authors)) AS authors,
           array_to_json(array_agg(x.positive)) AS positive, array_to_json(array_agg(x.negative)) AS negative,
           array_to_json(array_agg(x.score)) AS score
    FROM axis x
) t
WHERE s.symbol = $1
"""


async def insight_table(
    pool: Pool,
    symbol: str,
    interval: Interval,
    scorer: str,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    limit: int = 1000,
    moment: datetime | None = None,
    as_of: str | None = None,
) -> Table:
    """Bars and sentiment of `symbol` in [start, end), oldest first, at most `limit` intervals back from the newest of
    them.

    None leaves a side open. Intervals of posts are days, hours, or (beside minute bars) five minutes, at their start.
    `moment` reads what was known then; `as_of` is how the answer writes it. Raises UnknownSymbol,
    DatabaseUnavailable.
    """
    step = _STEPS[interval]
    row = await read_row(
        pool, _TABLE, symbol, interval, start, end, moment, limit, scorer, step, max(step, BUCKET), as_of
    )
    if row is None:
        raise UnknownSymbol(symbol)
    return Table(row["body"], scorer_known=row["scorer_known"])
