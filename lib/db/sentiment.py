"""Reads the sentiment of one symbol from its buckets: one window as numbers, or a range as columns of JSON.

It does not read posts, and it does not judge: what a number means (label, buzz, confidence) is lib/domain's.
"""

from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import msgspec

from lib.db.pool import Pool
from lib.db.reading import read_row
from lib.domain.buzz import PERIODS
from lib.errors import UnknownSymbol

SeriesInterval = Literal["5m", "1h", "1d"]
_STEPS: dict[SeriesInterval, timedelta] = {
    "5m": timedelta(minutes=5),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
}

# period 0 is the window itself, period n the window n lengths before it
_WINDOW = """
SELECT c.id IS NOT NULL AS scorer_known, w.sources, w.authors, h.history, h.older
FROM symbols s
LEFT JOIN scorers c ON c.name = $2
CROSS JOIN LATERAL (SELECT coalesce($6, 'infinity'::timestamptz) AS moment) asked
CROSS JOIN LATERAL (
    WITH buckets AS MATERIALIZED (
        SELECT k.source, k.posts, k.positive, k.negative, k.score_sum, k.author_hashes
        FROM buckets_as_of(s.id, c.id, $4::timestamptz - $5::interval, $4, asked.moment) k
        WHERE k.posts > 0 AND ($3::text IS NULL OR k.source = $3)
    ), by_source AS (
        SELECT b.source, sum(b.posts) AS posts, sum(b.positive) AS positive, sum(b.negative) AS negative,
               sum(b.score_sum) AS score_sum,
               (SELECT distinct_authors(array_agg(DISTINCT h))
                FROM buckets o CROSS JOIN unnest(o.author_hashes) h WHERE o.source = b.source) AS authors
        FROM buckets b GROUP BY b.source
    )
    SELECT (SELECT json_agg(json_build_object(
                        'source', b.source, 'posts', b.posts, 'authors', coalesce(b.authors, 0), 'positive', b.positive,
                        'negative', b.negative, 'score', trim_scale(round(b.score_sum / b.posts, 6)),
                        'score_sum', b.score_sum::text) ORDER BY b.source)
            FROM by_source b)::text AS sources,
           (SELECT distinct_authors(array_agg(DISTINCT h))
            FROM buckets b CROSS JOIN unnest(b.author_hashes) h) AS authors
) w
CROSS JOIN LATERAL (
    SELECT (SELECT array_agg(coalesce(p.posts, 0) ORDER BY n)
            FROM generate_series(1, $7::integer) n
            LEFT JOIN (
                SELECT (date_part('epoch', $4 - k.start)::bigint - 1) / date_part('epoch', $5)::bigint AS period,
                       sum(k.posts)::bigint AS posts
                FROM buckets_as_of(s.id, c.id, $4 - ($7 + 1) * $5, $4 - $5, asked.moment) k
                WHERE $3 IS NULL OR k.source = $3
                GROUP BY 1
            ) p ON p.period = n) AS history,
           EXISTS (SELECT FROM buckets_as_of(s.id, c.id, '-infinity', $4 - ($7 + 1) * $5, asked.moment) k
                   WHERE k.posts > 0 AND ($3 IS NULL OR k.source = $3)) AS older
) h
WHERE s.symbol = $1
"""

_SERIES = """
SELECT c.id IS NOT NULL AS scorer_known,
       json_build_object(
           'symbol', s.symbol, 'interval', $2::text, 'source', $8::text, 'scorer', $7::text, 'as_of', $10::text,
           'sample', t.sample,
           'truncated', older.more,
           'next', CASE WHEN older.more THEN replace(to_json(span.since) #>> '{}', '+00:00', 'Z') END,
           'start', coalesce(t.start, '[]'), 'posts', coalesce(t.posts, '[]'), 'authors', coalesce(t.authors, '[]'),
           'score', coalesce(t.score, '[]'),
           'positive', coalesce(t.positive, '[]'), 'negative', coalesce(t.negative, '[]')
       )::text AS body
FROM symbols s
LEFT JOIN scorers c ON c.name = $7
CROSS JOIN LATERAL (
    SELECT coalesce($3, '-infinity'::timestamptz) AS since, coalesce($4, 'infinity'::timestamptz) AS until,
           coalesce($5, 'infinity'::timestamptz) AS moment
) asked
LEFT JOIN LATERAL (
    SELECT b.start FROM sentiment_buckets b
    WHERE b.symbol_id = s.id AND b.scorer_id = c.id AND b.start >= asked.since AND b.start < asked.until
      AND ($8::text IS NULL OR b.source = $8)
      AND (b.observed_at <= asked.moment OR EXISTS (
          SELECT FROM sentiment_bucket_revisions r
          WHERE r.symbol_id = b.symbol_id AND r.scorer_id = b.scorer_id AND r.source = b.source AND r.start = b.start
            AND r.observed_at <= asked.moment))
    ORDER BY b.start DESC LIMIT 1
) newest ON true
CROSS JOIN LATERAL (
    SELECT greatest(asked.since, date_bin($9::interval, newest.start, 'epoch'::timestamptz)
                                 - ($6::integer - 1) * $9::interval) AS since
) span
CROSS JOIN LATERAL (
    SELECT span.since > asked.since AND EXISTS (
        SELECT FROM buckets_as_of(s.id, c.id, asked.since, span.since, asked.moment) k
        WHERE k.posts > 0 AND ($8::text IS NULL OR k.source = $8)) AS more
) older
CROSS JOIN LATERAL (
    WITH buckets AS MATERIALIZED (
        SELECT date_bin($9, k.start, 'epoch'::timestamptz) AS bin,
               k.source, k.posts, k.positive, k.negative, k.score_sum, k.author_hashes
        FROM buckets_as_of(s.id, c.id, span.since, asked.until, asked.moment) k
        WHERE k.posts > 0 AND ($8::text IS NULL OR k.source = $8)
    ), voices AS (
        SELECT b.bin, distinct_authors(array_agg(DISTINCT h)) AS authors
        FROM buckets b CROSS JOIN unnest(b.author_hashes) h GROUP BY b.bin
    ), verdicts AS (
        SELECT b.bin, sum(b.posts) AS posts, sum(b.positive) AS positive, sum(b.negative) AS negative,
               trim_scale(round(sum(b.score_sum) / sum(b.posts), 6)) AS score, bool_or(b.source = 'sample') AS sample
        FROM buckets b GROUP BY b.bin
    )
    SELECT coalesce(bool_or(x.sample), false) AS sample,
           array_to_json(array_agg((date_part('epoch', x.bin) * 1000)::bigint)) AS start,
           array_to_json(array_agg(x.posts)) AS posts, array_to_json(array_agg(x.authors)) AS authors,
           array_to_json(array_agg(x.score)) AS score,
           array_to_json(array_agg(x.positive)) AS positive, array_to_json(array_agg(x.negative)) AS negative
    FROM (SELECT v.*, coalesce(w.authors, 0) AS authors FROM verdicts v LEFT JOIN voices w USING (bin) ORDER BY v.bin) x
) t
WHERE s.symbol = $1
"""


class Table(NamedTuple):
    """JSON text of a table, and whether anything was ever scored by the scorer asked for."""

    body: str
    scorer_known: bool


class SourceCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What one source said in a window. `score` is the mean, `score_sum` the exact sum behind it."""

    source: str
    posts: int
    authors: int
    positive: int
    negative: int
    score: float
    score_sum: str


class WindowCounts(NamedTuple):
    """One window of one symbol. `history` counts the posts of the PERIODS windows before it, the latest first;
    `older`: any before those.
    """

    scorer_known: bool
    sources: list[SourceCounts]
    authors: int
    history: list[int]
    older: bool


async def sentiment_window(
    pool: Pool,
    symbol: str,
    scorer: str,
    *,
    until: datetime,
    length: timedelta,
    source: str | None = None,
    moment: datetime | None = None,
) -> WindowCounts:
    """The buckets of `symbol` in [until - length, until), as known at `moment` (None: now), and what preceded them.

    Raises UnknownSymbol, DatabaseUnavailable.
    """
    row = await read_row(pool, _WINDOW, symbol, scorer, source, until, length, moment, PERIODS)
    if row is None:
        raise UnknownSymbol(symbol)
    values: dict[str, Any] = dict(row)
    values["sources"] = msgspec.json.decode(row["sources"] or "[]", type=list[SourceCounts])
    values["authors"] = row["authors"] or 0
    return WindowCounts(**values)


async def sentiment_series(
    pool: Pool,
    symbol: str,
    interval: SeriesInterval,
    scorer: str,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    limit: int = 1000,
    source: str | None = None,
    moment: datetime | None = None,
    as_of: str | None = None,
) -> Table:
    """Sentiment of `symbol` in [start, end) per interval that has posts, oldest first, at most `limit` intervals back
    from the newest.

    None leaves a side open. `moment` reads what was known then; `as_of` is how the answer writes it. A cut range says
    so: `truncated`, and `next`, the `end` with which the intervals before it are asked for. Raises UnknownSymbol,
    DatabaseUnavailable.
    """
    row = await read_row(
        pool, _SERIES, symbol, interval, start, end, moment, limit, scorer, source, _STEPS[interval], as_of
    )
    if row is None:
        raise UnknownSymbol(symbol)
    return Table(row["body"], scorer_known=row["scorer_known"])
