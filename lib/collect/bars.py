"""Collects bars of symbols from one source into the tables, symbol by symbol, each in one transaction with its account.

It asks from the last stored bar minus an overlap, for sources correct their newest bars. Where a dividend or a split
turns up that was not known, the whole stored range is asked for again, because the source has then rewritten its prices
back to the first day. It does not know the provider, schedules or Prefect.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic

import msgspec

from lib.collect.gate import Gate
from lib.db.collected import Reach, adjusted_closes, known_actions, reach
from lib.db.coverage import record_coverage
from lib.db.ingest import Written
from lib.db.ingest.actions import store_actions
from lib.db.ingest.bars import store_bars
from lib.db.ingest.symbols import store_listings
from lib.db.pool import Pool
from lib.domain.bars import INTERVALS, Interval, trading_day
from lib.domain.coverage import Coverage, State
from lib.errors import RateLimited, SourceError
from lib.logs import get_logger
from lib.sources.bars import BarSource, Fetched, without_noise

log = get_logger(__name__)

_FEED = "bars"

# what is asked for where nothing is stored yet
_FIRST: dict[Interval, timedelta] = {"1d": timedelta(days=730), "1h": timedelta(days=60), "1m": timedelta(days=7)}

# how far before the last stored bar; seven days hold five trading days
_OVERLAP: dict[Interval, timedelta] = {"1d": timedelta(days=7), "1h": timedelta(days=1), "1m": timedelta(hours=1)}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one symbol: the window [start, end) asked for, bars and actions written, and the account's state and
    reason. `again_from` is the moment (UTC) before which the source is not to be asked again, if it named one.
    """

    symbol: str
    start: datetime
    end: datetime
    state: State
    reason: str = ""
    asked: int = 1
    received: int = 0
    bars: Written = Written(0, 0, 0)
    actions: Written = Written(0, 0, 0)
    seconds: float = 0.0
    again_from: datetime | None = None

    @property
    def is_answered(self) -> bool:
        """The source answered, be it that it has nothing."""
        return self.state in ("ok", "empty")


async def collect(
    pool: Pool, source: BarSource, symbols: Sequence[str], interval: Interval, *, gate: Gate, days: int | None = None
) -> list[Outcome]:
    """Outcomes in the order of `symbols`; one that fails does not keep the others from being asked, unless `gate`
    closes.

    `days` asks for that many days up to now, whatever is stored. What a source refuses is an outcome, never raised;
    what the database refuses is.
    """
    known = await reach(pool, symbols, interval=interval, source=source.name)
    outcomes: dict[str, Outcome] = {}
    waiting = iter(dict.fromkeys(symbols))

    async def work(remaining: Iterator[str]) -> None:
        for symbol in remaining:
            start, end = window(interval, known.get(symbol), days=days, now=datetime.now(UTC))
            outcomes[symbol] = await collect_window(pool, source, symbol, interval, known.get(symbol), start, end, gate)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(source.concurrency, len(symbols))):
                group.create_task(work(waiting))
    except ExceptionGroup as failures:
        # the first is the cause, and a caller can tell it by its kind
        raise failures.exceptions[0] from None
    return [outcomes[symbol] for symbol in dict.fromkeys(symbols)]


def window(interval: Interval, known: Reach | None, *, days: int | None, now: datetime) -> tuple[datetime, datetime]:
    """[start, end) in UTC of what to ask for; of daily bars whole days, up to and with today's."""
    end = trading_day(now.date()) + timedelta(days=1) if interval == "1d" else now.replace(microsecond=0)
    if days is not None:
        return end - timedelta(days=days), end
    if known is None or known.last is None:
        return end - _FIRST[interval], end
    return known.last - _OVERLAP[interval], end


async def collect_window(
    pool: Pool,
    source: BarSource,
    symbol: str,
    interval: Interval,
    known: Reach | None,
    start: datetime,
    end: datetime,
    gate: Gate,
) -> Outcome:
    """Asks for the bars of one symbol in [start, end) and stores them with their account; `known` is how far they
    reach already. What the source refuses is an outcome.
    """
    began = monotonic()
    closed = gate.closed(bars_stream(interval, symbol))
    if closed is not None:
        reason = f"Not asked: {closed.reason}"
        outcome = Outcome(symbol=symbol, start=start, end=end, state=closed.state, reason=reason, asked=0)
        await _account(pool, source, interval, outcome)
        return outcome
    try:
        fetched = await source.fetch_bars(symbol, interval, start, end)
        if await _is_rewritten(pool, fetched, known):
            assert known is not None
            assert known.first is not None
            fetched = await source.fetch_bars(symbol, interval, known.first, end)
    except SourceError as error:
        await gate.failed(error)
        log.debug("bars not collected", symbol=symbol, interval=interval, state=error.state, reason=str(error))
        outcome = Outcome(
            symbol=symbol,
            start=start,
            end=end,
            state=error.state,
            reason=str(error),
            seconds=monotonic() - began,
            again_from=error.until if isinstance(error, RateLimited) else None,
        )
        await _account(pool, source, interval, outcome)
        return outcome
    gate.answered()
    return await _store(pool, source, fetched, known, began)


async def _is_rewritten(pool: Pool, fetched: Fetched, known: Reach | None) -> bool:
    if known is None or known.first is None or known.first >= fetched.start or not fetched.actions:
        return False
    return not set(fetched.actions) <= await known_actions(pool, fetched.listing.symbol)


async def _store(pool: Pool, source: BarSource, fetched: Fetched, known: Reach | None, began: float) -> Outcome:
    listing, start, end = fetched.listing, fetched.start, fetched.end
    async with pool.acquire() as conn, conn.transaction():
        # a listing from a file has the better name, and a Korean one
        if known is None or known.sample:
            await store_listings(conn, [listing])
        before = await adjusted_closes(conn, listing.symbol, start, end, source=source.name)
        bars = await store_bars(conn, without_noise(fetched.bars, before), source=source.name)
        actions = await store_actions(conn, fetched.actions, source=source.name)
        left_out = ", ".join(f"{count} {why}" for why, count in fetched.dropped.items())
        outcome = Outcome(
            symbol=listing.symbol,
            start=start,
            end=end,
            state="ok" if fetched.bars else "empty",
            reason=f"Left out: {left_out}." if left_out else "",
            received=len(fetched.bars),
            bars=bars,
            actions=actions,
            seconds=monotonic() - began,
        )
        await record_coverage(conn, _coverage(source, fetched.interval, outcome))
    return outcome


async def _account(pool: Pool, source: BarSource, interval: Interval, outcome: Outcome) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await record_coverage(conn, _coverage(source, interval, outcome))


def bars_stream(interval: Interval, symbol: str) -> str:
    """The name under which the bars of a symbol stand in the accounts."""
    return f"{_FEED}/{interval}/{symbol}"


def of_bars(stream: str) -> tuple[Interval, str] | None:
    """Interval and symbol of a stream of bars; None where it is one of posts.

    >>> of_bars("bars/1d/AAPL"), of_bars("submissions/stocks")
    (('1d', 'AAPL'), None)
    """
    feed, _, which = stream.partition("/")
    interval, _, symbol = which.partition("/")
    return (interval, symbol) if feed == _FEED and interval in INTERVALS else None


def _coverage(source: BarSource, interval: Interval, outcome: Outcome) -> Coverage:
    return Coverage(
        source=source.name,
        stream=bars_stream(interval, outcome.symbol),
        window_start=outcome.start,
        window_end=outcome.end,
        state=outcome.state,
        reason=outcome.reason,
        asked=outcome.asked,
        received=outcome.received,
    )
