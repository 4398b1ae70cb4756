"""A long series of sentiment as lines of CSV, span by span, as the same series in one answer would have them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from api.answers import csv_of
from lib.db.pool import Pool
from lib.db.series import SeriesInterval, sentiment_series

_ANY = datetime(1970, 1, 1, tzinfo=UTC)


async def series_lines(
    pool: Pool,
    symbol: str,
    interval: SeriesInterval,
    scorer: str,
    spans: Sequence[tuple[datetime, datetime]],
    *,
    intervals: int,
    source: str | None,
    moment: datetime | None,
) -> AsyncIterator[str]:
    """A line of names, then a line for each interval with posts in `spans`, each of at most `intervals`. Raises
    DatabaseUnavailable.
    """
    head = True
    # where nobody ever spoke, any span has the names
    for start, end in spans or [(_ANY, _ANY + timedelta(days=1))]:
        table = await sentiment_series(
            pool, symbol, interval, scorer, start=start, end=end, limit=intervals, source=source, moment=moment
        )
        # long enough for others to wait
        yield await asyncio.to_thread(csv_of, table.body, with_names=head)
        head = False
