"""Reads the sentiment of one symbol over time from its buckets, as columns of JSON. PostgreSQL builds most.

It does not read posts, and it does not judge: what a burst is, and how surely a mean is known, is lib/domain's.
"""

from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import msgspec

from lib.db.pool import Pool
from lib.db.reading import read_row
from lib.domain.buzz import PERIODS, bursts
from lib.domain.confidence import confidence
from lib.errors import UnknownSymbol

SeriesInterval = Literal["5m", "1h", "1d"]
STEPS: dict[SeriesInterval, timedelta] = {
    "5m": timedelta(minutes=5),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
}

_SERIES = """
SELECT c.id IS NOT NULL AS scorer_known, t.starts, t.counts, t.authors, h.posts AS before, h.older,
       json_build_object(
           'symbol', s.symbol, 'interval', $2::text, 'source', $8::text, 'scorer', $7::text, 'as_of', $10::text,
           'sample', t.sample,
           'truncated', cut.more,
           'next', CASE WHEN cut.more THEN replace(to_json(span.since) #>> '{}', '+00:00', 'Z') END,
           'start', t.starts, 'posts', t.counts, 'authors', t.authors, 'score', t.score,
           'positive', t.positive, 'negative', t.negative,
           'filtered_posts', t.filtered_posts, 'filtered_authors', t.filtered_authors,
           'filtered_score', t.filtered_score,
           'filtered_positive', t.filtered_positive, 'filtered_negative', t.filtered_negative,
           'author_concentration', t.author_concentration, 'new_account_share', t.new_account_share
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
) cut
CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(x.sample), false) AS sample, min(x.start) AS first,
           coalesce(array_agg((date_part('epoch', x.start) * 1000)::bigint), '{}') AS starts,
           coalesce(array_agg(x.posts), '{}') AS counts, coalesce(array_agg(x.authors), '{}') AS authors,
           coalesce(array_agg(x.score), '{}') AS score,
           coalesce(array_agg(x.positive), '{}') AS positive, coalesce(array_agg(x.negative), '{}') AS negative,
           coalesce(array_agg(x.filtered_posts), '{}') AS filtered_posts,
           coalesce(array_agg(x.filtered_authors), '{}') AS filtered_authors,
           coalesce(array_agg(x.filtered_score), '{}') AS filtered_score,
           coalesce(array_agg(x.filtered_positive), '{}') AS filtered_positive,
           coalesce(array_agg(x.filtered_negative), '{}') AS filtered_negative,
           coalesce(array_agg(x.author_concentration), '{}') AS author_concentration,
           coalesce(array_agg(x.new_account_share), '{}') AS new_account_share
    FROM sentiment_intervals(s.id, c.id, $8, $9, 'epoch', span.since, asked.until, asked.moment) x
) t
CROSS JOIN LATERAL posts_before(s.id, c.id, $8, t.first, $9, $11, asked.moment) h
WHERE s.symbol = $1
"""


class Table(NamedTuple):
    """JSON text of a table, and whether anything was ever scored by the scorer asked for."""

    body: str
    scorer_known: bool


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
    so: `truncated`, and `next`, the `end` with which the intervals before it are asked for. A burst looks at what was
    said before the range too. Raises UnknownSymbol, DatabaseUnavailable.
    """
    step = STEPS[interval]
    row = await read_row(
        pool, _SERIES, symbol, interval, start, end, moment, limit, scorer, source, step, as_of, PERIODS
    )
    if row is None:
        raise UnknownSymbol(symbol)
    return with_bursts(row["body"], row, step)


def with_bursts(body: str, row: Any, step: timedelta) -> Table:
    """The table `body` with two more columns, from the rest of the row: `starts` (ms, UTC), `counts` and `authors` of
    each interval of length `step`, None where nobody spoke; `before` and `older`, what preceded the first.
    """
    milliseconds = int(step.total_seconds() * 1000)
    places = [start // milliseconds for start in row["starts"]]
    column = bursts(places, row["counts"], row["before"] or (), older=bool(row["older"]))
    sure = [confidence(posts or 0, authors or 0) for posts, authors in zip(row["counts"], row["authors"], strict=True)]
    more = f'"burst" : {msgspec.json.encode(column).decode()}, "confidence" : {msgspec.json.encode(sure).decode()}'
    return Table(f"{body[:-1]}, {more}}}", scorer_known=row["scorer_known"])
