"""What a backfill would ask for: its windows, calls, volume and dollars, before anything is asked or queued.

Only what is missing is planned: what was answered before, and bars that are there, cost nothing again. It asks nothing.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from lib.calendars.sessions import calendar_note
from lib.collect.bars import bars_stream
from lib.collect.missing import bars_in, missing_of_bars, missing_of_posts
from lib.collect.shards import AnySource, askable_from, shards, too_old
from lib.db.gap_reads import Gap, open_gaps
from lib.db.gaps import queue_windows, stand_in_line, taken_windows, wanted_now
from lib.db.pool import Pool
from lib.db.symbols import listings_of
from lib.domain.bars import Interval
from lib.domain.gaps import EVER, Window
from lib.domain.symbols import Listing
from lib.sources.bars import BarSource
from lib.sources.posts import Backfills, PostSource, Volume

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


def _since(source: AnySource, stream: str, start: datetime, now: datetime) -> datetime:
    oldest = askable_from(source, stream, now=now)
    # some time goes by before it is asked for
    return start if oldest <= start else min(oldest, EVER[1] - _WAITING) + _WAITING


async def _windows(
    pool: Pool, source: AnySource, stream: str, missing: Sequence[Window]
) -> list[tuple[Window, Gap | None]]:
    if not missing:
        return []
    queued = await open_gaps(pool, source=source.name, stream=stream, since=missing[0][0], until=missing[-1][1])
    taken = [(gap.window_start, gap.window_end) for gap in queued]
    known: list[tuple[Window, Gap | None]] = [((gap.window_start, gap.window_end), gap) for gap in queued]
    return sorted([*known, *((window, None) for window in shards(stream, missing, taken))], key=lambda item: item[0])


def _sum(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _distinct(notes: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, notes)))
