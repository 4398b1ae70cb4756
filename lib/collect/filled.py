"""What became of one gap that was tried, and when it is tried again. It neither asks nor writes."""

from datetime import datetime, timedelta

import msgspec

from lib.collect.shards import AnySource, askable_from
from lib.db.gap_reads import Gap, GapState
from lib.db.gaps import postpone_gap
from lib.db.pool import Pool
from lib.domain.gaps import EVER, pause_after

# it takes so long at most until the question is put, and what the source has moves on meanwhile
_ASKING = timedelta(minutes=5)


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """One gap after a try: `filled`, `lost`, or still `open`, and why; calls, and items received, new and changed."""

    gap: Gap
    state: GapState
    reason: str
    asked: int = 0
    received: int = 0
    new: int = 0
    changed: int = 0
    seconds: float = 0.0


def left_open(gap: Gap, reason: str) -> Filled:
    """The gap was not asked for."""
    return Filled(gap=gap, state="open", reason=reason)


async def postponed(
    pool: Pool, gap: Gap, reason: str, *, now: datetime, again_from: datetime | None = None, asked: int = 1
) -> Filled:
    """The try failed: the next one comes after a pause that grows with the tries, and not before `again_from`."""
    async with pool.acquire() as conn:
        await postpone_gap(conn, gap, max(now + pause_after(gap.tries + 1), again_from or now), reason)
    return Filled(gap=gap, state="open", reason=reason, asked=asked)


def oldest_to_ask(source: AnySource, stream: str, *, now: datetime) -> datetime:
    """What lies before cannot be asked for any more by the time that the question is put."""
    oldest = askable_from(source, stream, now=now)
    return oldest if oldest in EVER else oldest + _ASKING
