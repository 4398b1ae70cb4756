"""Works through queued gaps of one source, several side by side, each one bounded. How a gap is filled stands in
lib/collect/fill_bars.py and fill_posts.py.

A worker that is killed lets go of its gaps, and what it stored is there: before anything is asked, a gap is looked at
anew, and only what is still missing is asked for.
"""

import asyncio
from collections.abc import Callable, Collection
from time import monotonic

import msgspec

from lib.collect.bars import of_bars
from lib.collect.fill_bars import fill_bars
from lib.collect.fill_posts import fill_posts
from lib.collect.filled import Filled, left_open
from lib.collect.opening import Opened
from lib.db.asking.claims import Claims, claiming
from lib.db.gap_reads import Gap
from lib.db.pool import Pool


async def fill(
    pool: Pool,
    opened: Opened,
    *,
    ids: Collection[int] | None = None,
    limit: int | None = None,
    on_filled: Callable[[Filled], None] = lambda filled: None,
) -> list[Filled]:
    """Tries every gap of the source that is due and that no other worker has, of `ids` alone if they are given, and
    `limit` of them at most. It ends early where the source refuses to be asked.

    What the source refuses leaves a gap open with a reason and the time of its next try, never raised; what the
    database refuses is.
    """
    source, results = opened.source, list[Filled]()
    begun = 0

    async def work(claims: Claims) -> None:
        nonlocal begun
        while opened.gate.reason is None and (limit is None or begun < limit):
            begun += 1
            gap = await claims.next(source.name, ids)
            if gap is None:
                begun -= 1
                return
            try:
                filled = await _try(pool, opened, gap)
            finally:
                await claims.release(gap)
            results.append(filled)
            on_filled(filled)

    try:
        async with claiming(pool) as claims, asyncio.TaskGroup() as group:
            for _ in range(source.concurrency):
                group.create_task(work(claims))
    except ExceptionGroup as failures:
        # the first is the cause, and a caller can tell it by its kind
        raise failures.exceptions[0] from None
    return results


async def _try(pool: Pool, opened: Opened, gap: Gap) -> Filled:
    began = monotonic()
    closed = opened.gate.closed(gap.stream)
    if closed is not None:
        return left_open(gap, f"Not asked: {closed.reason}")
    bars = of_bars(gap.stream)
    if bars is None:
        filled = await fill_posts(pool, opened, gap)
    else:
        filled = await fill_bars(pool, opened, gap, *bars)
    return msgspec.structs.replace(filled, seconds=monotonic() - began)
