"""Cuts a long series of sentiment into spans that are short enough for one answer each. Reading one is
lib/db/series.py.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from lib.db.pool import Pool
from lib.db.reading import read_row
from lib.db.series import STEPS, SeriesInterval
from lib.errors import UnknownSymbol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# the newest as in lib/db/series; the oldest bucket that there is bounds every series, for none is ever taken away
_EDGES = """
SELECT c.id IS NOT NULL AS scorer_known, oldest.start AS oldest, newest.start AS newest
FROM symbols s
LEFT JOIN scorers c ON c.name = $2
LEFT JOIN LATERAL (
    SELECT b.start FROM sentiment_buckets b
    WHERE b.symbol_id = s.id AND b.scorer_id = c.id
      AND b.start >= coalesce($3, '-infinity'::timestamptz) AND b.start < coalesce($4, 'infinity'::timestamptz)
    ORDER BY b.start LIMIT 1
) oldest ON true
LEFT JOIN LATERAL (
    SELECT b.start FROM sentiment_buckets b
    WHERE b.symbol_id = s.id AND b.scorer_id = c.id
      AND b.start >= coalesce($3, '-infinity'::timestamptz) AND b.start < coalesce($4, 'infinity'::timestamptz)
      AND ($6::text IS NULL OR b.source = $6)
      AND (b.observed_at <= coalesce($5, 'infinity'::timestamptz) OR EXISTS (
          SELECT FROM sentiment_bucket_revisions r
          WHERE r.symbol_id = b.symbol_id AND r.scorer_id = b.scorer_id AND r.source = b.source AND r.start = b.start
            AND r.observed_at <= $5))
    ORDER BY b.start DESC LIMIT 1
) newest ON true
WHERE s.symbol = $1
"""


class Spans(NamedTuple):
    """[start, end) of each span, the oldest first, and whether anything was ever scored by the scorer asked for."""

    spans: list[tuple[datetime, datetime]]
    scorer_known: bool


async def series_spans(
    pool: Pool,
    symbol: str,
    interval: SeriesInterval,
    scorer: str,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    limit: int,
    span_intervals: int,
    source: str | None = None,
    moment: datetime | None = None,
) -> Spans:
    """The spans of `span_intervals` that make up the newest `limit` intervals of [start, end). They are cut between
    intervals, so the rows of all of them are the rows of the whole. Raises UnknownSymbol, DatabaseUnavailable.
    """
    row = await read_row(pool, _EDGES, symbol, scorer, start, end, moment, source)
    if row is None:
        raise UnknownSymbol(symbol)
    if row["newest"] is None:
        return Spans([], row["scorer_known"])
    step = STEPS[interval]
    last = _floor(row["newest"], step)
    since = max(_floor(row["oldest"], step), last - (limit - 1) * step)
    if start is not None:
        since = max(since, start)
    until = last + step if end is None else min(last + step, end)
    return Spans(list(_cut(since, until, step, span_intervals)), row["scorer_known"])


def _cut(since: datetime, until: datetime, step: timedelta, count: int) -> Iterator[tuple[datetime, datetime]]:
    while since < until:
        edge = min(_floor(since, step) + count * step, until)
        yield since, edge
        since = edge


def _floor(moment: datetime, step: timedelta) -> datetime:
    return _EPOCH + (moment - _EPOCH) // step * step
