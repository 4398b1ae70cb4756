"""Reads which symbols people speak of in a window, with what is usual for each. It does not rank: buzz is lib/domain's.

One statement: symbols with a bucket in the window, the CANDIDATES with the most posts among them, and their preceding
windows.
"""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from lib.db.pool import Pool
from lib.db.reading import read_rows
from lib.domain.buzz import PERIODS

CANDIDATES = 500

Market = Literal["KR", "US"]

# a market is read off the symbol, which never changes, and not off the listing, which may
_TRENDING = """
WITH asked AS (
    SELECT c.id AS scorer_id, coalesce($4, 'infinity'::timestamptz) AS moment,
           $2::timestamptz - $3::interval AS since, $2 AS until, $2 - ($5::integer + 1) * $3 AS horizon
    FROM scorers c WHERE c.name = $1
), present AS (
    SELECT DISTINCT b.symbol_id, a.*
    FROM asked a JOIN sentiment_buckets b ON b.scorer_id = a.scorer_id AND b.start >= a.since AND b.start < a.until
), counted AS (
    SELECT p.*, s.symbol, s.name, s.name_ko, k.posts, k.positive, k.negative, k.score_sum, k.sample
    FROM present p
    JOIN symbols s ON s.id = p.symbol_id
    CROSS JOIN LATERAL (
        SELECT sum(posts) AS posts, sum(positive) AS positive, sum(negative) AS negative, sum(score_sum) AS score_sum,
               bool_or(source = 'sample') AS sample
        FROM buckets_as_of(p.symbol_id, p.scorer_id, p.since, p.until, p.moment) WHERE posts > 0
    ) k
    WHERE k.posts > 0
      AND CASE $6::text WHEN 'KR' THEN s.symbol ~ '[.]K[SQ]$' WHEN 'US' THEN strpos(s.symbol, '.') = 0 ELSE true END
    ORDER BY k.posts DESC, s.symbol
    LIMIT $7
)
SELECT t.symbol, t.name, t.name_ko, t.posts::bigint, t.positive::bigint, t.negative::bigint, t.sample,
       round(t.score_sum / t.posts, 6) AS score, coalesce(v.authors, 0) AS authors, h.history, older.older
FROM counted t
CROSS JOIN LATERAL (
    SELECT distinct_authors(array_agg(DISTINCT x)) AS authors
    FROM buckets_as_of(t.symbol_id, t.scorer_id, t.since, t.until, t.moment) k
    CROSS JOIN unnest(k.author_hashes) x WHERE k.posts > 0
) v
CROSS JOIN LATERAL (
    SELECT array_agg(coalesce(p.posts, 0) ORDER BY n) AS history
    FROM generate_series(1, $5) n
    LEFT JOIN (
        SELECT (date_part('epoch', t.until - k.start)::bigint - 1) / date_part('epoch', $3)::bigint AS period,
               sum(k.posts)::bigint AS posts
        FROM buckets_as_of(t.symbol_id, t.scorer_id, t.horizon, t.since, t.moment) k GROUP BY 1
    ) p ON p.period = n
) h
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM buckets_as_of(t.symbol_id, t.scorer_id, '-infinity', t.horizon, t.moment) k
        WHERE k.posts > 0) AS older
) older
"""


class Talk(NamedTuple):
    """What was said about one symbol in a window; `history` and `older` as in lib.db.sentiment.WindowCounts."""

    symbol: str
    name: str
    name_ko: str | None
    posts: int
    positive: int
    negative: int
    sample: bool
    score: float
    authors: int
    history: list[int]
    older: bool


async def talked_about(
    pool: Pool,
    scorer: str,
    *,
    until: datetime,
    length: timedelta,
    market: Market | None = None,
    moment: datetime | None = None,
) -> list[Talk]:
    """At most CANDIDATES symbols with posts in [until - length, until), those with the most first. Raises
    DatabaseUnavailable.
    """
    rows = await read_rows(pool, _TRENDING, scorer, until, length, moment, PERIODS, market, CANDIDATES)
    return [Talk(**{**dict(row), "score": float(row["score"])}) for row in rows]
