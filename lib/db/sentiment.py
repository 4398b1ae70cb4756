"""Reads one window of the sentiment of one symbol from its buckets, as numbers.

It does not read posts, and it does not judge: what a number means (label, buzz, confidence) is lib/domain's.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from lib.db.pool import Pool
from lib.db.reading import read_row
from lib.domain.buzz import PERIODS
from lib.errors import UnknownSymbol

_WINDOW = """
SELECT c.id IS NOT NULL AS scorer_known, w.sources, t.authors, t.filtered_authors, t.author_concentration,
       t.new_account_share, h.posts AS history, h.filtered_posts AS filtered_history, h.older
FROM symbols s
LEFT JOIN scorers c ON c.name = $2
CROSS JOIN LATERAL (
    SELECT coalesce($6, 'infinity'::timestamptz) AS moment, $4::timestamptz - $5::interval AS since
) asked
CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object(
               'source', b.source, 'posts', i.posts, 'authors', i.authors, 'positive', i.positive,
               'negative', i.negative, 'score', i.score, 'score_sum', b.score_sum::text,
               'filtered_posts', i.filtered_posts, 'filtered_authors', i.filtered_authors,
               'filtered_positive', i.filtered_positive, 'filtered_negative', i.filtered_negative,
               'filtered_score', i.filtered_score, 'filtered_score_sum', b.filtered_score_sum::text
           ) ORDER BY b.source)::text AS sources
    FROM (
        SELECT k.source, sum(k.score_sum) AS score_sum, sum(k.filtered_score_sum) AS filtered_score_sum
        FROM buckets_as_of(s.id, c.id, asked.since, $4, asked.moment) k
        WHERE k.posts > 0 AND ($3::text IS NULL OR k.source = $3)
        GROUP BY k.source
    ) b
    CROSS JOIN LATERAL sentiment_intervals(s.id, c.id, b.source, $5, asked.since, asked.since, $4, asked.moment) i
) w
LEFT JOIN LATERAL sentiment_intervals(s.id, c.id, $3, $5, asked.since, asked.since, $4, asked.moment) t ON true
CROSS JOIN LATERAL posts_before(s.id, c.id, $3, asked.since, $5, $7::integer, asked.moment) h
WHERE s.symbol = $1
"""


class SourceCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What one source said in a window. `score` is the mean, `score_sum` the exact sum behind it; `filtered_…` the same
    without copies, where `filtered_score` is None if all were copies of what another source said.
    """

    source: str
    posts: int
    authors: int
    positive: int
    negative: int
    score: float
    score_sum: str
    filtered_posts: int
    filtered_authors: int
    filtered_positive: int
    filtered_negative: int
    filtered_score: float | None
    filtered_score_sum: str


class WindowCounts(NamedTuple):
    """One window of one symbol. `history` counts the posts of the PERIODS windows before it, the latest first,
    `filtered_history` those that were no copies; `older`: any before those. The shares are None where nothing is known
    of the authors.
    """

    scorer_known: bool
    sources: list[SourceCounts]
    authors: int
    filtered_authors: int
    author_concentration: float | None
    new_account_share: float | None
    history: list[int]
    filtered_history: list[int]
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
    for name in ("authors", "filtered_authors"):
        values[name] = row[name] or 0
    for name in ("author_concentration", "new_account_share"):
        values[name] = None if row[name] is None else float(row[name])
    return WindowCounts(**values)
