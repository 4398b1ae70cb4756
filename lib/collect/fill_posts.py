"""Fills one gap of posts: looks at what is still missing, reads that part of the past, and says what became of it."""

from datetime import UTC, datetime
from typing import Literal

import msgspec

from lib.collect.filled import Filled, oldest_to_ask, postponed
from lib.collect.missing import missing_of_posts
from lib.collect.opening import Opened
from lib.collect.past import PastOutcome, read_past
from lib.collect.shards import sentences, too_old
from lib.db.coverage import heard_windows, why_not_heard
from lib.db.cursors import drop_cursor
from lib.db.gap_reads import Gap
from lib.db.gaps import account_for_loss, close_gap, record_loss, shorten_gap
from lib.db.pool import Pool
from lib.domain.gaps import EVER, Window, common, joined
from lib.sources.posts import Backfills


async def fill_posts(pool: Pool, opened: Opened, gap: Gap) -> Filled:
    """Tries `gap`, whose stream is one of posts."""
    source, now = opened.source, datetime.now(UTC)
    missing = await missing_of_posts(pool, gap.source, gap.stream, gap.window_start, gap.window_end)
    oldest = oldest_to_ask(source, gap.stream, now=now)
    gone, wanted = common(missing, [(EVER[0], oldest)]), common(missing, [(oldest, EVER[1])])
    if not wanted or not isinstance(source, Backfills):
        return await _given_up(pool, opened, gap, gone, now) if gone else await _closed(pool, gap, None)
    if gap.stream not in source.streams():
        return await postponed(pool, gap, f"{gap.stream} is not read any more.", now=now, asked=0)
    if gone:
        gap = await _shortened(pool, opened, gap, gone, now)
    outcome = await read_past(
        pool,
        source,
        gap.source,
        gap.stream,
        (gap.window_start, gap.window_end),
        cursor_of=_cursor(gap),
        gate=opened.gate,
        verify_within=opened.declared.verify_within,
    )
    if outcome.left:
        reason = outcome.reason if outcome.is_failed else f"{gap.source} left a part of it unanswered."
        failed = await postponed(pool, gap, reason, now=now, again_from=outcome.again_from)
        return _with_sums(failed, outcome)
    return await _closed(pool, gap, outcome)


async def _given_up(pool: Pool, opened: Opened, gap: Gap, gone: list[Window], now: datetime) -> Filled:
    """Nothing of what is missing can be asked for any more."""
    reason = too_old(opened.source, gap.stream, now=now)
    (first, *others) = gone
    gap = gap._replace(window_start=first[0], window_end=first[1])
    async with pool.acquire() as conn, conn.transaction():
        await close_gap(conn, gap, "lost", reason, tried=False)
        await account_for_loss(conn, gap.source, gap.stream, first, reason)
        for start, end in others:
            await record_loss(conn, gap.source, gap.stream, start, end, reason)
        await drop_cursor(conn, gap.source, _cursor(gap))
    return Filled(gap=gap, state="lost", reason=reason)


async def _shortened(pool: Pool, opened: Opened, gap: Gap, gone: list[Window], now: datetime) -> Gap:
    """A part cannot be asked for any more; what is left of the gap begins after it."""
    reason = too_old(opened.source, gap.stream, now=now)
    async with pool.acquire() as conn, conn.transaction():
        for start, end in gone:
            await record_loss(conn, gap.source, gap.stream, start, end, reason)
        # its cursor belongs to the longer window
        await drop_cursor(conn, gap.source, _cursor(gap))
        return await shorten_gap(conn, gap, gone[-1][1])


async def _closed(pool: Pool, gap: Gap, outcome: PastOutcome | None) -> Filled:
    """Every part of it is answered, or said to be lost by the source itself."""
    heard = common(
        await heard_windows(pool, gap.source, gap.stream, gap.window_start, gap.window_end),
        [(gap.window_start, gap.window_end)],
    )
    lost = await why_not_heard(pool, gap.source, gap.stream, gap.window_start, gap.window_end)
    state: Literal["filled", "lost"] = "filled" if heard else "lost"
    came = "Nothing is missing any more." if outcome is None else f"{outcome.new} posts came."
    partly = bool(heard) and joined(heard) != [(gap.window_start, gap.window_end)]
    reason = sentences(came, f"A part of it is lost: {lost}" if partly else "") if heard else lost
    async with pool.acquire() as conn, conn.transaction():
        await close_gap(conn, gap, state, reason, tried=outcome is not None)
        await drop_cursor(conn, gap.source, _cursor(gap))
    return _with_sums(Filled(gap=gap, state=state, reason=reason), outcome)


def _with_sums(filled: Filled, outcome: PastOutcome | None) -> Filled:
    if outcome is None:
        return filled
    sums = {name: getattr(outcome, name) for name in ("asked", "received", "new", "changed")}
    return msgspec.structs.replace(filled, **sums)


def _cursor(gap: Gap) -> str:
    return f"past/{gap.id}"
