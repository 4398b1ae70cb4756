"""Asks one source for all its streams: once, or again and again until a moment. How one stream is stored stands in
lib/collect/posts.py. It does not know Prefect.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from lib.collect.opening import Opened
from lib.collect.posts import PostsOutcome, collect_stream
from lib.db.pool import Pool
from lib.sources.posts import Page

OnStored = Callable[[], Awaitable[None]]

# a stream that broke is opened again after so long
_BROKEN = timedelta(seconds=30)


async def collect_round(
    pool: Pool, opened: Opened, streams: Sequence[str], *, on_stored: OnStored | None = None
) -> list[PostsOutcome]:
    """One outcome per stream that no other worker reads at the moment, in the order of `streams`.

    A stream that never ends is read up to this moment, or to the first page with nothing in it.
    """
    enough = _up_to(datetime.now(UTC)) if opened.declared.poll is None else _never
    return await _read_all(pool, opened, streams, enough, wait=False, on_stored=on_stored)


async def collect_until(
    pool: Pool,
    opened: Opened,
    streams: Sequence[str],
    deadline: datetime,
    *,
    on_stored: OnStored | None = None,
    on_outcomes: Callable[[list[PostsOutcome]], None] = lambda outcomes: None,
) -> None:
    """Goes on until `deadline` (UTC), or until the gate closes; `on_outcomes` is told of each round.

    A polled source is asked every `poll`. A stream that never ends is taken over from whoever reads it now, and given
    up as soon as the next one stands in line.
    """
    poll = opened.declared.poll
    while opened.gate.reason is None:
        began = datetime.now(UTC)
        if poll is not None:
            on_outcomes(await _read_all(pool, opened, streams, _never, wait=False, on_stored=on_stored))
            rest = poll - (datetime.now(UTC) - began)
        else:
            outcomes = await _read_all(
                pool, opened, streams, lambda page: datetime.now(UTC) >= deadline, wait=True, on_stored=on_stored
            )
            on_outcomes(outcomes)
            if all(outcome.is_answered for outcome in outcomes):
                return
            rest = _BROKEN
        # what would be asked after the deadline is the next run's
        if datetime.now(UTC) + rest >= deadline:
            return
        await asyncio.sleep(max(rest.total_seconds(), 0.0))


async def _read_all(
    pool: Pool,
    opened: Opened,
    streams: Sequence[str],
    enough: Callable[[Page], bool],
    *,
    wait: bool,
    on_stored: OnStored | None,
) -> list[PostsOutcome]:
    waiting = iter(dict.fromkeys(streams))
    outcomes: dict[str, PostsOutcome] = {}

    async def work() -> None:
        for stream in waiting:
            outcome = await collect_stream(
                pool,
                opened.source,
                stream,
                gate=opened.gate,
                verify_within=opened.declared.verify_within,
                wait=wait,
                enough=enough,
                on_stored=on_stored,
            )
            if outcome is not None:
                outcomes[stream] = outcome

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(opened.source.concurrency, len(streams))):
                group.create_task(work())
    except ExceptionGroup as failures:
        # the first is the cause, and a caller can tell it by its kind
        raise failures.exceptions[0] from None
    return [outcomes[stream] for stream in dict.fromkeys(streams) if stream in outcomes]


def _up_to(moment: datetime) -> Callable[[Page], bool]:
    return lambda page: page.start < page.end and (page.end >= moment or page.received == 0)


def _never(page: Page) -> bool:
    return False
