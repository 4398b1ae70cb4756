"""Fills one gap of bars: looks at what is still missing in it, asks for that, and says what became of each part.

A session for which two answers, hours apart, bring nothing is closed as lost: the provider has none. What one answer
left out is asked for again later.
"""

from datetime import UTC, datetime

from lib.collect.bars import Outcome, collect_window
from lib.collect.filled import Filled, left_open, oldest_to_ask, postponed
from lib.collect.missing import APART, missing_of_bars
from lib.collect.opening import Opened
from lib.collect.shards import ONCE, UNHEARD, AnySource, nothing, sentences, shards, too_old
from lib.db.collected import reach
from lib.db.gap_reads import Gap, GapState
from lib.db.gaps import (
    account_for_loss,
    close_gap,
    queue_windows,
    record_loss,
    record_nothing,
    stand_in_line,
    taken_windows,
)
from lib.db.pool import Connection, Pool
from lib.db.symbols import listings_of
from lib.domain.bars import Interval
from lib.domain.gaps import EVER, Missing, Window, common, without
from lib.domain.symbols import Listing
from lib.sources.bars import BarSource


async def fill_bars(pool: Pool, opened: Opened, gap: Gap, interval: Interval, symbol: str) -> Filled:
    """Tries `gap`, whose stream is the bars of `symbol`."""
    source, now = opened.source, datetime.now(UTC)
    if not isinstance(source, BarSource):
        return await postponed(pool, gap, f"{gap.source} brings no bars.", now=now, asked=0)
    listing = next(iter(await listings_of(pool, [symbol])), Listing(symbol=symbol, name=symbol))
    missing = await missing_of_bars(pool, gap.source, listing, interval, gap.window_start, gap.window_end, now=now)
    oldest = oldest_to_ask(source, gap.stream, now=now)
    wanted = common(missing.to_ask, [(oldest, EVER[1])])
    if not wanted:
        return await _settled(pool, source, gap, missing, oldest, None, now)
    known = (await reach(pool, [symbol], interval=interval, source=gap.source)).get(symbol)
    outcome = await collect_window(pool, source, symbol, interval, known, wanted[0][0], wanted[-1][1], opened.gate)
    if not outcome.asked:
        return left_open(gap, outcome.reason)
    if not outcome.is_answered:
        return await postponed(pool, gap, outcome.reason, now=now, again_from=outcome.again_from)
    # the answer may have told where it is listed
    listing = next(iter(await listings_of(pool, [symbol])), listing)
    left = await missing_of_bars(pool, gap.source, listing, interval, gap.window_start, gap.window_end, now=now)
    if common(left.to_ask, [(oldest, EVER[1])]) and not outcome.bars.new:
        again_from = None if left.unheard else now + APART
        return await postponed(pool, gap, UNHEARD if left.unheard else ONCE, now=now, again_from=again_from)
    return await _settled(pool, source, gap, left, oldest, outcome, now)


async def _settled(
    pool: Pool, source: AnySource, gap: Gap, missing: Missing, oldest: datetime, outcome: Outcome | None, now: datetime
) -> Filled:
    came = 0 if outcome is None else outcome.bars.new
    again = shards(gap.stream, common(missing.to_ask, [(oldest, EVER[1])]))
    async with pool.acquire() as conn, conn.transaction():
        await stand_in_line(conn, gap.source, gap.stream)
        known = await taken_windows(conn, gap.source, gap.stream, *EVER, states=("lost",))
        gone = without(common(missing.to_ask, [(EVER[0], oldest)]), known)
        none = missing.nothing_but(known)
        lost = [*((window, too_old(source, gap.stream, now=now)) for window in gone),
                *((window, nothing(source)) for window in none)]  # fmt: skip
        state: GapState = "lost" if lost and not came and not again else "filled"
        reason = _closing(outcome, [why for _, why in lost], again)
        if state == "lost":
            (window, reason), *lost = lost
            if window in gone:
                await account_for_loss(conn, gap.source, gap.stream, window, reason)
            gap = gap._replace(window_start=window[0], window_end=window[1])
        await close_gap(conn, gap, "lost" if state == "lost" else "filled", reason, tried=outcome is not None)
        for window, why in lost:
            await _lose(conn, gap, window, why, unheard=window in gone)
        await queue_windows(
            conn,
            gap.source,
            gap.stream,
            again,
            origin=gap.origin,
            reason=ONCE,
            tries=gap.tries + 1,
            next_try_at=now + APART,
        )
    return Filled(
        gap=gap,
        state=state,
        reason=reason,
        asked=0 if outcome is None else outcome.asked,
        received=0 if outcome is None else outcome.received,
        new=came,
        changed=0 if outcome is None else outcome.bars.changed,
    )


async def _lose(conn: Connection, gap: Gap, window: Window, why: str, *, unheard: bool) -> None:
    if unheard:
        await record_loss(conn, gap.source, gap.stream, *window, why)
    else:
        await record_nothing(conn, gap.source, gap.stream, window, why)


def _closing(outcome: Outcome | None, lost: list[str], again: list[Window]) -> str:
    if outcome is None:
        came = "Nothing is missing any more that could be asked for." if lost else "Nothing is missing any more."
    else:
        came = f"{outcome.bars.new} bars came." if outcome.bars.new else "There is nothing more of it."
    return sentences(
        came,
        f"For a part of it: {' '.join(dict.fromkeys(lost))}" if lost else "",
        "What the answer left out is asked for again." if again else "",
    )
