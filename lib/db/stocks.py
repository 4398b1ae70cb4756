"""Reads one listing with the newest that is known of it. Searching listings is lib/search; all of them is
lib/db/symbols.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from lib.db.pool import Pool
from lib.db.reading import read_row
from lib.db.symbols import listing_of
from lib.domain.symbols import Listing
from lib.errors import UnknownSymbol

_DETAIL = """
SELECT s.symbol, s.name, s.name_ko, s.aliases, s.exchange, s.currency, s.kind, s.listed_on, s.delisted_on, s.sample,
       b.start, b.open, b.high, b.low, b.close, b.adj_close, b.volume, b.source AS bar_source, b.observed_at,
       k.day, k.posts, k.positive, k.negative, k.score, k.authors
FROM symbols s
LEFT JOIN scorers c ON c.name = $2
LEFT JOIN LATERAL (
    SELECT * FROM bars b WHERE b.interval = '1d' AND b.symbol_id = s.id ORDER BY b.start DESC LIMIT 1
) b ON true
LEFT JOIN LATERAL (
    SELECT date_bin('1 day', n.start, 'epoch'::timestamptz) AS day FROM sentiment_buckets n
    WHERE n.symbol_id = s.id AND n.scorer_id = c.id AND n.posts > 0 ORDER BY n.start DESC LIMIT 1
) newest ON true
LEFT JOIN LATERAL (
    SELECT newest.day, sum(d.posts)::bigint AS posts,
           sum(d.positive)::bigint AS positive, sum(d.negative)::bigint AS negative,
           round(sum(d.score_sum) / sum(d.posts), 6) AS score,
           (SELECT coalesce(distinct_authors(array_agg(DISTINCT h)), 0)
            FROM sentiment_buckets o CROSS JOIN unnest(o.author_hashes) h
            WHERE o.symbol_id = s.id AND o.scorer_id = c.id AND o.posts > 0
              AND o.start >= newest.day AND o.start < newest.day + INTERVAL '1 day') AS authors
    FROM sentiment_buckets d
    WHERE d.symbol_id = s.id AND d.scorer_id = c.id AND d.posts > 0
      AND d.start >= newest.day AND d.start < newest.day + INTERVAL '1 day'
) k ON newest.day IS NOT NULL
WHERE s.symbol = $1
"""


class LastBar(NamedTuple):
    """The newest daily bar, in the listing's currency; `start` is 00:00 UTC of its trading date."""

    start: datetime
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    close: Decimal
    adj_close: Decimal | None
    volume: int | None
    source: str
    observed_at: datetime


class LastSentiment(NamedTuple):
    """The newest UTC day that has posts."""

    day: date
    posts: int
    authors: int
    positive: int
    negative: int
    score: float


class Detail(NamedTuple):
    """A listing and the newest that is known of it."""

    listing: Listing
    last_bar: LastBar | None
    last_sentiment: LastSentiment | None


async def stock_detail(pool: Pool, symbol: str, scorer: str) -> Detail:
    """The listing with exactly this symbol. Raises UnknownSymbol, DatabaseUnavailable."""
    row = await read_row(pool, _DETAIL, symbol, scorer)
    if row is None:
        raise UnknownSymbol(symbol)
    listing = listing_of(row)
    bar = None
    if row["start"] is not None:
        bar = LastBar(
            row["start"],
            row["open"],
            row["high"],
            row["low"],
            row["close"],
            row["adj_close"],
            row["volume"],
            row["bar_source"],
            row["observed_at"],
        )
    sentiment = None
    if row["day"] is not None:
        sentiment = LastSentiment(
            row["day"].date(),
            row["posts"],
            row["authors"],
            row["positive"],
            row["negative"],
            float(row["score"]),
        )
    return Detail(listing, bar, sentiment)
