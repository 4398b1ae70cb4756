"""Reads which symbols people speak of in a window, with what is usual for each. It does not rank: buzz is lib/domain's.

One statement: symbols with a bucket in the window, the CANDIDATES with the most posts among them, and their preceding
windows.
"""

from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from lib.db.pool import Pool
from lib.db.reading import read_rows
from lib.domain.buzz import PERIODS

CANDIDATES = 500

Market = Literal["KR", "US"]

# a market is read off the symbol, which never changes, and not off the listing, which may
_TRENDING = """
WITH asked AS (
    SELECT c.id AS scorer_id, coalesce($4, 'infinity'::timestamptz) AS moment,
           $2::timestamptz - $3::interval AS since, $2 AS until
    FROM scorers c WHERE c.name = $1
), present AS (
    SELECT DISTINCT b.symbol_id, a.*
    FROM asked a JOIN sentiment_buckets b ON b.scorer_id = a.scorer_id AND b.start >= a.since AND b.start < a.until
), counted AS (
    SELECT p.*, s.symbol, s.name, s.name_ko, k.posts, k.filtered_posts
    FROM present p
    JOIN symbols s ON s.id = p.symbol_id
    CROSS JOIN LATERAL (
        SELECT sum(posts) AS posts, sum(filtered_posts) AS filtered_posts
        FROM buckets_as_of(p.symbol_id, p.scorer_id, p.since, p.until, p.moment) WHERE posts > 0
    ) k
    WHERE k.posts > 0
      AND CASE $6::text WHEN 'KR' THEN s.symbol ~ '[.]K[SQ]$' WHEN 'US' THEN strpos(s.symbol, '.') = 0 ELSE true END
    ORDER BY CASE WHEN $8::boolean THEN k.filtered_posts ELSE k.posts END DESC, s.symbol
    LIMIT $7
)
SELECT t.symbol, t.name, t.name_ko, i.posts, i.positive, i.negative, i.sample, i.score, i.authors,
       i.filtered_posts, i.filtered_positive, i.filtered_negative, i.filtered_score, i.filtered_authors,
       i.author_concentration, i.new_account_share, h.posts AS history, h.filtered_posts AS filtered_history, h.older
FROM counted t
CROSS JOIN LATERAL sentiment_intervals(t.symbol_id, t.scorer_id, NULL, $3, t.since, t.since, t.until, t.moment) i
CROSS JOIN LATERAL posts_before(t.symbol_id, t.scorer_id, NULL, t.since, $3, $5::integer, t.moment) h
"""


class Talk(NamedTuple):
    """What was said about one symbol in a window; histories, `older` and shares as in lib.db.sentiment.WindowCounts."""

    symbol: str
    name: str
    name_ko: str | None
    posts: int
    positive: int
    negative: int
    sample: bool
    score: float
    authors: int
    filtered_posts: int
    filtered_positive: int
    filtered_negative: int
    filtered_score: float | None
    filtered_authors: int
    author_concentration: float | None
    new_account_share: float | None
    history: list[int]
    filtered_history: list[int]
    older: bool


async def talked_about(
    pool: Pool,
    scorer: str,
    *,
    until: datetime,
    length: timedelta,
    market: Market | None = None,
    filtered: bool = True,
    moment: datetime | None = None,
) -> list[Talk]:
    """At most CANDIDATES symbols with posts in [until - length, until), those with the most first, copies
    not counted where `filtered`. Raises DatabaseUnavailable.
    """
    rows = await read_rows(pool, _TRENDING, scorer, until, length, moment, PERIODS, market, CANDIDATES, filtered)
    return [_talk(dict(row)) for row in rows]


def _talk(row: dict[str, Any]) -> Talk:
    for name in ("score", "filtered_score", "author_concentration", "new_account_share"):
        row[name] = None if row[name] is None else float(row[name])
    return Talk(**row)
