"""Reads, for everybody, when something about one symbol was not heard. What the gaps are filled with is not known here.

Windows that touch are one: a source that was away for a day is one window, not a hundred.
"""

from datetime import datetime
from typing import Literal, NamedTuple

from lib.db.pool import Pool
from lib.db.reading import read_rows
from lib.errors import UnknownSymbol

# a stream ends with the symbol that it is about, or with what is about all of them: search/AAPL, submissions/stocks
_SHOWN = """
SELECT w.source, w.feed, w.interval, w.state, w.since, w.until, w.reason, w.over_budget
FROM symbols asked LEFT JOIN LATERAL (
    SELECT source, feed, interval, state, min(window_start) AS since, max(window_end) AS until,
           (array_agg(why ORDER BY id DESC))[1] AS reason, (array_agg(over_budget ORDER BY id DESC))[1] AS over_budget
    FROM (
        SELECT *, count(*) FILTER (WHERE begins) OVER (
                   PARTITION BY source, feed, interval, state ORDER BY window_start, id) AS part
        FROM (
            SELECT g.id, g.source, f.feed, f.interval, g.state, g.window_start, g.window_end,
                   coalesce(nullif(g.closing, ''), g.reason) AS why,
                   EXISTS (
                       SELECT FROM coverage c
                       WHERE c.source = g.source AND c.stream = g.stream AND c.window_end > g.window_start
                         AND c.window_start < g.window_end AND c.state = 'over_budget') AS over_budget,
                   g.window_start > coalesce(max(g.window_end) OVER (
                       PARTITION BY g.source, f.feed, f.interval, g.state ORDER BY g.window_start, g.id
                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), '-infinity') AS begins
            FROM gaps g
            CROSS JOIN LATERAL (
                SELECT split_part(g.stream, '/', 1) AS feed, split_part(g.stream, '/', -1) AS about,
                       CASE WHEN g.stream LIKE 'bars/%' THEN split_part(g.stream, '/', 2) END AS interval
            ) f
            WHERE g.state <> 'filled' AND g.window_end > coalesce($2, '-infinity'::timestamptz)
              AND g.window_start < coalesce($3, 'infinity'::timestamptz)
              AND (f.about = asked.symbol OR NOT EXISTS (SELECT FROM symbols s WHERE s.symbol = f.about))
        ) windows
    ) parted
    GROUP BY source, feed, interval, state, part
    ORDER BY until DESC, source, feed, interval, state
    LIMIT $4
) w ON true
WHERE asked.symbol = $1
ORDER BY w.since, w.source, w.feed, w.interval, w.state
"""


class ShownGap(NamedTuple):
    """[since, until) in UTC of which a feed told nothing, and why; `open` may still come, `lost` never will.

    `interval` is that of bars, None of everything else. `over_budget`: the reason holds what is spent.
    """

    source: str
    feed: str
    interval: str | None
    state: Literal["open", "lost"]
    since: datetime
    until: datetime
    reason: str
    over_budget: bool


async def shown_gaps(
    pool: Pool, symbol: str, *, since: datetime | None = None, until: datetime | None = None, limit: int
) -> list[ShownGap]:
    """The latest `limit` windows that touch [since, until), oldest first. Raises UnknownSymbol, DatabaseUnavailable."""
    rows = await read_rows(pool, _SHOWN, symbol, since, until, limit)
    if not rows:
        raise UnknownSymbol(symbol)
    return [ShownGap(*row) for row in rows if row["source"] is not None]
