"""Finds what is missing of bars and of posts, and queues it. It asks no source; lib/collect/backfill.py fills.

What a source no longer has, or cannot be asked for, is recorded as lost at once. How far a stream was looked through is
kept as a cursor, so that the next look need not read all of its history.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from lib.calendars.sessions import calendar_note
from lib.collect.bars import bars_stream
from lib.collect.missing import missing_of_bars, missing_of_posts
from lib.collect.shards import ONCE, UNHEARD, AnySource, askable_from, nothing, sentences, shards, too_old
from lib.db.collected import reach
from lib.db.coverage import accounted_for, why_not_heard
from lib.db.cursors import read_cursor, save_cursor
from lib.db.gap_reads import GapState
from lib.db.gaps import queue_windows, record_loss, record_nothing, stand_in_line, taken_windows
from lib.db.pool import Connection, Pool
from lib.db.symbols import listings_of
from lib.domain.bars import INTERVALS, Interval
from lib.domain.gaps import EVER, Missing, Window, common, without
from lib.domain.symbols import Listing
from lib.sources.bars import BarSource
from lib.sources.posts import PostSource

# the latest is the collection's business: it asks from the last stored bar on by itself
_LATEST: dict[Interval, timedelta] = {"1d": timedelta(days=1), "1h": timedelta(hours=6), "1m": timedelta(hours=3)}
_LATEST_POSTS = timedelta(hours=1)

# two clocks differ by more
_HAIR = timedelta(seconds=1)

_LOOKED = "looked"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One window [start, end) of a stream that is missing: queued (`open`) or given up (`lost`), and why."""

    source: str
    stream: str
    start: datetime
    end: datetime
    state: GapState
    reason: str


async def find_bar_gaps(
    pool: Pool,
    source: BarSource,
    symbols: Sequence[str],
    *,
    intervals: Sequence[Interval] = INTERVALS,
    now: datetime | None = None,
) -> list[Found]:
    """Looks through the bars of `symbols` that `source` has given, from the first one on, and queues what is missing
    and not queued yet. Raises DatabaseUnavailable.
    """
    moment = now or datetime.now(UTC)
    listings = {listing.symbol: listing for listing in await listings_of(pool, symbols)}
    found: list[Found] = []
    for interval in intervals:
        for symbol, known in (await reach(pool, symbols, interval=interval, source=source.name)).items():
            if known.first is not None:
                found += await _look_through(pool, source, listings[symbol], interval, known.first, moment)
    return found


async def find_post_gaps(pool: Pool, source: PostSource, *, now: datetime | None = None) -> list[Found]:
    """Looks for windows between answered ones that nobody accounted for, and failed ones that were never answered.

    Raises DatabaseUnavailable.
    """
    moment = now or datetime.now(UTC)
    found: list[Found] = []
    for stream in source.streams():
        found += await _look_between(pool, source, stream, moment)
    return found


async def _look_through(
    pool: Pool, source: BarSource, listing: Listing, interval: Interval, first: datetime, now: datetime
) -> list[Found]:
    stream = bars_stream(interval, listing.symbol)
    oldest, end = askable_from(source, stream, now=now), now - _LATEST[interval]
    # what can be asked for is looked through every time; what cannot was given up by the look before
    begin = max(first, min(await _looked_until(pool, source.name, stream) or first, oldest))
    if begin >= end:
        return []
    missing = await missing_of_bars(pool, source.name, listing, interval, begin, end, now=now)
    async with pool.acquire() as conn, conn.transaction():
        await stand_in_line(conn, source.name, stream)
        found = await _record(conn, source, stream, missing, now, calendar_note(listing))
        await _save_look(conn, source.name, stream, max(begin, min(end, oldest)))
    return found


async def _look_between(pool: Pool, source: PostSource, stream: str, now: datetime) -> list[Found]:
    looked_until = await _looked_until(pool, source.name, stream)
    first, last = await accounted_for(pool, source.name, stream, looked_until or EVER[0])
    begin = looked_until or first
    if begin is None or last is None:
        return []
    end = min(last, now - _LATEST_POSTS)
    if begin >= end:
        return []
    windows = await missing_of_posts(pool, source.name, stream, begin, end)
    missing = Missing(unheard=tuple(window for window in windows if window[1] - window[0] >= _HAIR))
    async with pool.acquire() as conn, conn.transaction():
        await stand_in_line(conn, source.name, stream)
        found = await _record(conn, source, stream, missing, now, "")
        await _save_look(conn, source.name, stream, end)
    return found


async def _record(
    conn: Connection, source: AnySource, stream: str, missing: Missing, now: datetime, note: str
) -> list[Found]:
    taken = await taken_windows(conn, source.name, stream, *EVER)
    oldest = askable_from(source, stream, now=now)
    found: list[Found] = []

    def note_down(window: Window, state: GapState, reason: str) -> None:
        found.append(
            Found(source=source.name, stream=stream, start=window[0], end=window[1], state=state, reason=reason)
        )

    for window in without(common(missing.to_ask, [(EVER[0], oldest)]), taken):
        why = await why_not_heard(conn, source.name, stream, *window)
        reason = sentences(too_old(source, stream, now=now), why, note)
        await record_loss(conn, source.name, stream, *window, reason)
        note_down(window, "lost", reason)
    for window in missing.nothing_but(taken):
        reason = sentences(nothing(source), note)
        await record_nothing(conn, source.name, stream, window, reason)
        note_down(window, "lost", reason)
    for window in shards(stream, common(missing.to_ask, [(oldest, EVER[1])]), taken):
        why = await why_not_heard(conn, source.name, stream, *window)
        unheard = f"Not heard: {why}" if why else UNHEARD
        reason = sentences(unheard if common(missing.unheard, [window]) else ONCE, note)
        await queue_windows(conn, source.name, stream, [window], origin="found", reason=reason)
        note_down(window, "open", reason)
    return found


async def _looked_until(pool: Pool, source: str, stream: str) -> datetime | None:
    position = await read_cursor(pool, source, f"{_LOOKED}/{stream}")
    return None if position is None else datetime.fromisoformat(position["until"])


async def _save_look(conn: Connection, source: str, stream: str, until: datetime) -> None:
    await save_cursor(conn, source, f"{_LOOKED}/{stream}", {"until": until.isoformat()})
