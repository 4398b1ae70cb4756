"""Collects one stream of posts into the tables: page by page, each with its cursor and account in one transaction.

It does not know the provider, schedules or Prefect. One worker reads a stream at a time (lib/db/asking/readers.py).
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from time import monotonic

import msgspec

from lib.collect.accounts import Accounts, open_accounts
from lib.collect.gate import Gate
from lib.db.asking.readers import Reading, reading
from lib.db.coverage import covered_until
from lib.db.cursors import read_cursor, save_cursor
from lib.db.ingest import Written
from lib.db.ingest.posts import forget_authors, forget_posts, store_posts
from lib.db.pool import Pool
from lib.domain.coverage import State
from lib.errors import SourceError
from lib.logs import get_logger
from lib.sources.posts import Page, PostSource

log = get_logger(__name__)

# where nothing was ever heard, a failure is accounted for from here on
_FIRST = timedelta(hours=1)


class Stored(msgspec.Struct, frozen=True):
    """What one page did: posts written, posts forgotten."""

    posts: Written
    forgotten: int


class PostsOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one stream in one run: the window [start, end) accounted for, its state and reason, and sums."""

    stream: str
    start: datetime
    end: datetime
    state: State
    reason: str = ""
    pages: int = 0
    asked: int = 0
    received: int = 0
    new: int = 0
    changed: int = 0
    forgotten: int = 0
    seconds: float = 0.0

    @property
    def is_answered(self) -> bool:
        """The source answered, be it that it has nothing."""
        return self.state in ("ok", "empty")


async def collect_stream(
    pool: Pool,
    source: PostSource,
    stream: str,
    *,
    gate: Gate,
    verify_within: timedelta | None = None,
    wait: bool = False,
    enough: Callable[[Page], bool] = lambda page: False,
    on_stored: Callable[[], Awaitable[None]] | None = None,
) -> PostsOutcome | None:
    """Reads `stream` from its cursor on; None where another worker reads it (`wait`: stands in line for it instead).

    A polled stream is read to its present end; one that never ends until another worker waits for it or `enough`
    says so of a page it has just stored. `on_stored` is called after each page that brought something. What the source
    refuses is an outcome, never raised; what the database refuses is.
    """
    async with reading(pool, f"{source.name}/{stream}", wait=wait) as right:
        if right is None:
            return None
        return await _read(pool, source, stream, right, gate, verify_within, enough, on_stored)


async def _read(
    pool: Pool,
    source: PostSource,
    stream: str,
    right: Reading,
    gate: Gate,
    verify_within: timedelta | None,
    enough: Callable[[Page], bool],
    on_stored: Callable[[], Awaitable[None]] | None,
) -> PostsOutcome:
    began, now = monotonic(), datetime.now(UTC)
    since = await covered_until(pool, source.name, stream) or now - _FIRST
    accounts = await open_accounts(pool, source.name, stream)
    sums: Counter[str] = Counter()
    state: State = "empty"
    reason = ""
    closed = gate.closed(stream)
    if closed is not None:
        state, reason = closed.state, f"Not asked: {closed.reason}"
        await _failed(pool, accounts, since, state, reason, asked=0)
    else:
        try:
            async with aclosing(source.pages(stream, await read_cursor(pool, source.name, stream))) as pages:
                async for page in pages:
                    if page.is_answer:
                        gate.answered()
                    stored = await store_page(pool, source.name, stream, page, accounts, verify_within)
                    _sum(sums, page, stored)
                    if on_stored is not None and (page.posts or page.deleted or page.deleted_authors):
                        await on_stored()
                    if enough(page) or await right.is_awaited():
                        break
            state, reason = "ok" if sums["received"] else "empty", accounts.left_out
        except SourceError as error:
            await gate.failed(error)
            state, reason = error.state, str(error)
            log.debug("posts not collected", source=source.name, stream=stream, state=state, reason=reason)
            await _failed(pool, accounts, since, state, reason, asked=1)
        async with pool.acquire() as conn, conn.transaction():
            await accounts.close(conn)
    return PostsOutcome(
        stream=stream,
        start=since,
        end=max(now, accounts.end or now),
        state=state,
        reason=reason,
        seconds=monotonic() - began,
        **{name: sums[name] for name in ("pages", "asked", "received", "new", "changed", "forgotten")},
    )


async def store_page(
    pool: Pool,
    source: str,
    cursor_of: str,
    page: Page,
    accounts: Accounts,
    verify_within: timedelta | None,
) -> Stored:
    """Stores `page` whole and once: posts, deletions, account, and its cursor as that of `cursor_of`."""
    async with pool.acquire() as conn, conn.transaction():
        written = await store_posts(conn, page.posts, live=page.live, verify_within=verify_within)
        forgotten = await forget_posts(conn, source, page.deleted) if page.deleted else 0
        forgotten += await forget_authors(conn, source, page.deleted_authors)
        if page.cursor is not None:
            await save_cursor(conn, source, cursor_of, dict(page.cursor))
        if page.is_answer:
            await accounts.add(conn, page)
    accounts.committed()
    return Stored(written, forgotten)


async def _failed(pool: Pool, accounts: Accounts, since: datetime, state: State, reason: str, *, asked: int) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await accounts.failed(conn, since, datetime.now(UTC), state, reason, asked=asked)


def _sum(sums: Counter[str], page: Page, stored: Stored) -> None:
    sums["pages"] += 1
    sums["asked"] += page.asked
    sums["received"] += page.received
    sums["new"] += stored.posts.new
    sums["changed"] += stored.posts.changed
    sums["forgotten"] += stored.forgotten
