"""Reads one window of a stream's past into the tables, page by page, each with its cursor and account in one
transaction. It does not know gaps, nor why the window is wanted.

Its cursor is one of its own, so that it neither moves that of the stream nor is lost with the worker: the next one goes
on after the last page stored.
"""

from collections import Counter
from contextlib import aclosing
from datetime import datetime, timedelta

import msgspec

from lib.collect.accounts import open_accounts
from lib.collect.gate import Gate
from lib.collect.missing import missing_of_posts
from lib.collect.posts import store_page
from lib.db.coverage import record_coverage
from lib.db.cursors import drop_cursor, read_cursor
from lib.db.pool import Pool
from lib.domain.coverage import Coverage, State
from lib.domain.gaps import Window
from lib.errors import RateLimited, SourceError
from lib.logs import get_logger
from lib.sources.posts import Backfills

log = get_logger(__name__)


class PastOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one window: its state and reason, sums, and the parts `left` that nobody has accounted for yet."""

    state: State
    reason: str = ""
    asked: int = 0
    received: int = 0
    new: int = 0
    changed: int = 0
    left: tuple[Window, ...] = ()
    again_from: datetime | None = None

    @property
    def is_failed(self) -> bool:
        """The source did not answer to the end."""
        return self.state not in ("ok", "empty")


async def read_past(
    pool: Pool,
    source: Backfills,
    name: str,
    stream: str,
    window: Window,
    *,
    cursor_of: str,
    gate: Gate,
    verify_within: timedelta | None = None,
) -> PastOutcome:
    """Reads the posts of `stream` published in `window` from source `name`. What it refuses is an outcome, never
    raised; what the database refuses is.
    """
    sums: Counter[str] = Counter()
    failure: SourceError | None = None
    accounts = await open_accounts(pool, name, stream, kept_under=cursor_of)
    try:
        async with aclosing(source.past(stream, *window, await read_cursor(pool, name, cursor_of))) as pages:
            async for page in pages:
                gate.answered()
                stored = await store_page(pool, name, cursor_of, page, accounts, verify_within)
                sums.update(
                    asked=page.asked, received=page.received, new=stored.posts.new, changed=stored.posts.changed
                )
    except SourceError as error:
        failure = error
        await gate.failed(error)
        log.debug("past not read", source=name, stream=stream, state=error.state, reason=str(error))
    async with pool.acquire() as conn, conn.transaction():
        await accounts.close(conn)
        left = await missing_of_posts(conn, name, stream, *window)
        if failure is None:
            await drop_cursor(conn, name, cursor_of)
        else:
            for start, end in left:
                await record_coverage(conn, _unheard(name, stream, start, end, failure))
    answered: State = "ok" if sums["received"] else "empty"
    return PastOutcome(
        state=answered if failure is None else failure.state,
        reason=accounts.left_out if failure is None else str(failure),
        left=tuple(left),
        again_from=failure.until if isinstance(failure, RateLimited) else None,
        **{field: sums[field] for field in ("asked", "received", "new", "changed")},
    )


def _unheard(name: str, stream: str, start: datetime, end: datetime, failure: SourceError) -> Coverage:
    return Coverage(
        source=name,
        stream=stream,
        window_start=start,
        window_end=end,
        state=failure.state,
        reason=str(failure),
        asked=1,
    )
