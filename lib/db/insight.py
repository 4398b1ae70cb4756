"""Reads the bars and the sentiment of one symbol on one time axis, as columns of JSON. PostgreSQL builds the text.

The axis is the union of both: a day with posts and no trading is there, with null prices. `limit` counts intervals
back from the newest bar or post of the range, so the cost is bounded by the answer. Hourly bars of some exchanges
start at half past; hours of posts are then counted from half past too, so that they meet.
"""

from datetime import datetime, timedelta

from lib.db.pool import Pool
from lib.db.reading import read_row
from lib.db.series import Table, with_bursts
from lib.domain.bars import Interval
from lib.domain.buzz import PERIODS
from lib.domain.sentiment import BUCKET
from lib.errors import UnknownSymbol

_STEPS: dict[Interval, timedelta] = {"1d": timedelta(days=1), "1h": timedelta(hours=1), "1m": timedelta(minutes=1)}

_TABLE = """
SELECT c.id IS NOT NULL AS scorer_known, t.starts, t.counts, t.authors, h.posts AS before, h.older,
       json_build_object(
           'symbol', s.symbol, 'interval', $2::text, 'scorer', $7::text, 'as_of', $10::text, 'sample', t.sample,
           'truncated', older.more,
           'next', CASE WHEN older.more THEN replace(to_json(span.since) #>> '{}', '+00:00', 'Z') END,
           'start', t.starts, 'open', t.open, 'high', t.high, 'low', t.low, 'close', t.close,
           'adj_close', t.adj_close, 'volume', t.volume, 'posts', t.counts, 'authors', t.authors,
           'positive', t.positive, 'negative', t.negative, 'score', t.score,
           'filtered_posts', t.filtered_posts, 'filtered_authors', t.filtered_authors,
           'filtered_positive', t.filtered_positive, 'filtered_negative', t.filtered_negative,
           'filtered_score', t.filtered_score,
           'author_concentration', t.author_concentration, 'new_account_share', t.new_account_share,
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
    SELECT coalesce(bool_or(x.sample), false) AS sample, min(x.start) FILTER (WHERE x.posts IS NOT NULL) AS first,
           coalesce(array_agg((date_part('epoch', x.start) * 1000)::bigint), '{}') AS starts,
           coalesce(array_agg(x.open), '{}') AS open, coalesce(array_agg(x.high), '{}') AS high,
           coalesce(array_agg(x.low), '{}') AS low, coalesce(array_agg(x.close), '{}') AS close,
           coalesce(array_agg(x.adj_close), '{}') AS adj_close, coalesce(array_agg(x.volume), '{}') AS volume,
           coalesce(array_agg(x.posts), '{}') AS counts, coalesce(array_agg(x.authors), '{}') AS authors,
           coalesce(array_agg(x.positive), '{}') AS positive, coalesce(array_agg(x.negative), '{}') AS negative,
           coalesce(array_agg(x.score), '{}') AS score,
           coalesce(array_agg(x.filtered_posts), '{}') AS filtered_posts,
           coalesce(array_agg(x.filtered_authors), '{}') AS filtered_authors,
           coalesce(array_agg(x.filtered_positive), '{}') AS filtered_positive,
           coalesce(array_agg(x.filtered_negative), '{}') AS filtered_negative,
           coalesce(array_agg(x.filtered_score), '{}') AS filtered_score,
           coalesce(array_agg(x.author_concentration), '{}') AS author_concentration,
           coalesce(array_agg(x.new_account_share), '{}') AS new_account_share
    FROM (
        SELECT start, b.open, b.high, b.low, b.close, b.adj_close, b.volume, v.posts, v.authors, v.positive, v.negative,
               v.score, v.filtered_posts, v.filtered_authors, v.filtered_positive, v.filtered_negative,
               v.filtered_score, v.author_concentration, v.new_account_share,
               coalesce(b.source = 'sample', false) OR coalesce(v.sample, false) AS sample
        FROM bars_as_of($2, s.id, span.since, asked.until, asked.moment) b
        FULL JOIN sentiment_intervals(s.id, c.id, NULL, $9::interval, grid.origin, span.since, asked.until,
                                      asked.moment) v USING (start)
        ORDER BY start
    ) x
) t
CROSS JOIN LATERAL posts_before(s.id, c.id, NULL, t.first, $9, $11, asked.moment) h
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
    length = max(step, BUCKET)
    row = await read_row(
        pool, _TABLE, symbol, interval, start, end, moment, limit, scorer, step, length, as_of, PERIODS
    )
    if row is None:
        raise UnknownSymbol(symbol)
    return with_bursts(row["body"], row, length)
