"""What a backfill would ask for: its windows, calls, volume and dollars, before anything is asked or queued.

Only what is missing is planned: what was answered before, and bars that are there, cost nothing again. It asks nothing.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec

from lib.calendars.sessions import calendar_note
from lib.collect.bars import bars_stream
from lib.collect.missing import bars_in, missing_of_bars, missing_of_posts
from lib.collect.shards import AnySource, askable_from, sentences, shards, too_old
from lib.db.gaps import Gap, open_gaps, queue_windows, stand_in_line, taken_windows, wanted_now
from lib.db.pool import Pool
from lib.db.symbols import listings_of
from lib.domain.bars import Interval, trading_day
from lib.domain.gaps import EVER, Window
from lib.domain.symbols import Listing
from lib.errors import ConfigurationError
from lib.sources.bars import BarSource
from lib.sources.posts import Backfills, PostSource, Volume

_DAY = timedelta(days=1)
_WAITING = timedelta(hours=1)


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """One question: its window [start, end), and what it takes; None where nobody can say. `gap` is its row where it is
    queued already.
    """

    stream: str
    start: datetime
    end: datetime
    items: int | None
    calls: int | None
    dollars: str = "0"
    gap: Gap | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All questions of one backfill, and what people must know about them."""

    source: str
    shards: tuple[Shard, ...]
    notes: tuple[str, ...] = ()

    def total(self) -> Volume:
        """What all of it takes together; a sum to which a part is unknown is unknown."""
        return Volume(
            posts=_sum([shard.items for shard in self.shards]),
            calls=_sum([shard.calls for shard in self.shards]),
            dollars=f"{sum((Decimal(shard.dollars) for shard in self.shards), Decimal(0)):f}",
        )


async def plan_bars(
    pool: Pool, source: BarSource, symbols: Sequence[str], interval: Interval, start: datetime, end: datetime
) -> Plan:
    """What asking `source` for the bars of `symbols` in [start, end) would take."""
    now = datetime.now(UTC)
    known = {listing.symbol: listing for listing in await listings_of(pool, symbols)}
    found: list[Shard] = []
    notes: list[str] = []
    for symbol in dict.fromkeys(symbols):
        listing = known.get(symbol) or Listing(symbol=symbol, name=symbol)
        stream = bars_stream(interval, symbol)
        since = _since(source, stream, start, now)
        if since > start:
            notes.append(too_old(source, stream, now=now))
        if since >= end:
            continue
        missing = await missing_of_bars(pool, source.name, listing, interval, since, end, now=now)
        for window, gap in await _windows(pool, source, stream, missing.to_ask):
            items = await asyncio.to_thread(bars_in, [window], listing, interval)
            found.append(Shard(stream=stream, start=window[0], end=window[1], items=items, calls=1, gap=gap))
        notes.append(calendar_note(listing))
    return Plan(source=source.name, shards=tuple(found), notes=_distinct(notes))


async def plan_posts(pool: Pool, source: PostSource, streams: Sequence[str], start: datetime, end: datetime) -> Plan:
    """What asking `source` for the posts of `streams` in [start, end) would take."""
    now = datetime.now(UTC)
    found: list[Shard] = []
    notes: list[str] = []
    for stream in dict.fromkeys(streams):
        since = _since(source, stream, start, now)
        if since > start:
            notes.append(too_old(source, stream, now=now))
        if since >= end or not isinstance(source, Backfills):
            continue
        missing = await missing_of_posts(pool, source.name, stream, since, end)
        for window, gap in await _windows(pool, source, stream, missing):
            volume = source.volume(stream, *window)
            found.append(
                Shard(
                    stream=stream,
                    start=window[0],
                    end=window[1],
                    items=volume.posts,
                    calls=volume.calls,
                    dollars=volume.dollars,
                    gap=gap,
                )
            )
    return Plan(source=source.name, shards=tuple(found), notes=_distinct(notes))


async def queue_plan(pool: Pool, plan: Plan) -> list[int]:
    """Queues what the plan asks for and is not queued yet; all of it is due at once. Returns the ids of its gaps."""
    ids: list[int] = []
    for stream in dict.fromkeys(shard.stream for shard in plan.shards):
        windows = [(shard.start, shard.end) for shard in plan.shards if shard.stream == stream]
        async with pool.acquire() as conn, conn.transaction():
            await stand_in_line(conn, plan.source, stream)
            taken = await taken_windows(conn, plan.source, stream, *EVER, states=("open",))
            for start, end in windows:
                ids += [gap.id for gap in await wanted_now(conn, plan.source, stream, start, end)]
            fresh = shards(stream, windows, taken)
            queued = await queue_windows(
                conn, plan.source, stream, fresh, origin="backfill", reason="A backfill wants it."
            )
            ids += [gap.id for gap in queued]
    return list(dict.fromkeys(ids))


def window_of(start: str, end: str | None, *, now: datetime) -> Window:
    """[start, end) in UTC of what a person wrote: days (2026-03-02, the last one included) or moments with a time zone.

    Without `end`: up to now. Raises ConfigurationError.
    """
    since, until = _moment("start", start, last=False), now if end is None else _moment("end", end, last=True)
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
                f"{source.name} has no stream {name[:60]!r}.", hint=sentences("Its streams:", ", ".join(streams[:20]))
            )
        found += those
    return list(dict.fromkeys(found))


def _since(source: AnySource, stream: str, start: datetime, now: datetime) -> datetime:
    oldest = askable_from(source, stream, now=now)
    # some time goes by before it is asked for
    return start if oldest <= start else min(oldest, EVER[1] - _WAITING) + _WAITING


async def _windows(
    pool: Pool, source: AnySource, stream: str, missing: Sequence[Window]
) -> list[tuple[Window, Gap | None]]:
    if not missing:
        return []
    queued = [
        gap
        for gap in await open_gaps(pool, source=source.name, since=missing[0][0], until=missing[-1][1])
        if gap.stream == stream
    ]
    taken = [(gap.start, gap.end) for gap in queued]
    known: list[tuple[Window, Gap | None]] = [((gap.start, gap.end), gap) for gap in queued]
    return sorted([*known, *((window, None) for window in shards(stream, missing, taken))], key=lambda item: item[0])


def _moment(name: str, text: str, *, last: bool) -> datetime:
    try:
        day = trading_day(date.fromisoformat(text))
        return day + _DAY if last else day
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ConfigurationError(
            f"{name} is {text[:40]!r}: that is no day and no moment.",
            hint="Write 2026-03-02, or 2026-03-02T14:30:00Z.",
        )
    return moment.astimezone(UTC)


def _sum(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _distinct(notes: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, notes)))
