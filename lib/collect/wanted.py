"""What a person wants of a backfill, read strictly: a source, symbols or streams, days or moments. It asks nothing."""

from collections.abc import Sequence
from datetime import datetime

from lib.collect.opening import Opened
from lib.collect.plans import Plan, plan_bars, plan_posts
from lib.db.pool import Pool
from lib.domain.bars import Interval
from lib.domain.gaps import Window
from lib.domain.symbols import parse_symbol
from lib.errors import ConfigurationError
from lib.sources.bars import BarSource
from lib.sources.posts import PostSource
from lib.written_times import moment_of


async def plan_for(
    pool: Pool,
    opened: Opened,
    window: Window,
    *,
    symbols: Sequence[str] | None,
    streams: Sequence[str] | None,
    interval: Interval,
    watchlist: Sequence[str],
) -> Plan:
    """The plan of a backfill of `window`: bars of `symbols` (default: the watchlist) from a source of bars, unless
    `streams` are named; of any other source the posts of `streams`, of those about `symbols`, or of all.

    Raises ConfigurationError for what cannot be a symbol, and for what leads to no stream.
    """
    source = opened.source
    if streams is None and isinstance(source, BarSource):
        return await plan_bars(pool, source, _parsed(watchlist if symbols is None else symbols), interval, *window)
    wanted = streams if streams is not None or symbols is None else _parsed(symbols)
    return await plan_posts(pool, source, streams_of(source, wanted), *window)


def window_of(start: str, end: str | None, *, now: datetime) -> Window:
    """[start, end) in UTC of what a person wrote: days (2026-03-02, the last one included) or moments with a time zone.

    Without `end`: up to now. Raises ConfigurationError.
    """
    since, until = moment_of("start", start, last=False), now if end is None else moment_of("end", end, last=True)
    if not since < until:
        raise ConfigurationError(
            f"The range from {start} to {end or 'now'} is empty.", hint="The start must be before the end."
        )
    return since, min(until, now.replace(microsecond=0))


def streams_of(source: PostSource, wanted: Sequence[str] | None) -> list[str]:
    """The streams of `source` that are meant: by their whole name, or by what follows its first part (a symbol, a
    subreddit); all of them where nothing is said. Raises ConfigurationError for what leads to none.
    """
    streams = list(source.streams())
    if wanted is None:
        return streams
    found: list[str] = []
    for name in wanted:
        those = [stream for stream in streams if name in (stream, stream.partition("/")[2])]
        if not those:
            raise ConfigurationError(
                f"{source.name} has no stream {name[:60]!r}.", hint=f"Its streams: {', '.join(streams[:20])}."
            )
        found += those
    return list(dict.fromkeys(found))


def _parsed(symbols: Sequence[str]) -> list[str]:
    try:
        return list(dict.fromkeys(parse_symbol(symbol) for symbol in symbols))
    except ValueError as error:
        raise ConfigurationError(f"Cannot fill: {error}.", hint="Nothing was asked for; correct the symbol.") from None
