"""Keeps the account of one stream while it is read: pages that touch become one row of coverage, at most a minute long
in the making. It does not read the stream.

What is stored and not yet in a row is kept with the cursor, in the same transaction: a reader that is killed leaves
nothing unaccounted for, and the next one goes on with the same row.
"""

from collections import Counter
from datetime import datetime
from time import monotonic

import msgspec

from lib.db.coverage import record_coverage
from lib.db.cursors import keep_pending, pending_account
from lib.db.gaps import record_loss
from lib.db.pool import Connection, Pool
from lib.domain.coverage import Coverage, State, uncovered
from lib.sources.posts import Page

_ROW_S = 60.0


class Accounts:
    """The account of one run over one stream; made by `open_accounts`."""

    def __init__(self, source: str, stream: str, pending: Coverage | None, kept_under: str) -> None:
        self._source = source
        self._stream = stream
        self._kept_under = kept_under
        self._row = self._staged = pending
        self._row_began = monotonic()
        self._dropped: Counter[str] = Counter()
        self._windows: list[tuple[datetime, datetime]] = []

    @property
    def end(self) -> datetime | None:
        """The latest end of what this run accounted for."""
        return max((end for _, end in self._windows), default=None)

    @property
    def left_out(self) -> str:
        """What came and was not used, as a sentence; empty where there is nothing of it."""
        return _sentence(self._dropped)

    async def add(self, conn: Connection, page: Page) -> None:
        """Accounts for `page` in the transaction that stores it; `committed` is to be called once that is done."""
        for lost in page.lost:
            await record_loss(conn, self._source, self._stream, lost.start, lost.end, lost.reason)
        whole = Coverage(
            source=self._source,
            stream=self._stream,
            window_start=page.start,
            window_end=page.end,
            state="ok" if page.received else "empty",
            reason=_sentence(Counter(page.dropped)),
            asked=page.asked,
            received=page.received,
        )
        parts = uncovered(page.start, page.end, [(lost.start, lost.end) for lost in page.lost])
        accounts = [msgspec.structs.replace(whole, window_start=start, window_end=end) for start, end in parts]
        self._windows.append((page.start, page.end))
        self._dropped.update(page.dropped)
        row = self._row
        for account in accounts or [whole][: not page.lost]:
            if row is not None and _touch(row, account) and monotonic() - self._row_began < _ROW_S:
                row = _joined(row, account)
            else:
                if row is not None:
                    await record_coverage(conn, row)
                row, self._row_began = account, monotonic()
        await keep_pending(conn, self._source, self._kept_under, row)
        self._staged = row

    def committed(self) -> None:
        """What `add` wrote is there to stay."""
        self._row = self._staged

    async def close(self, conn: Connection) -> None:
        """Records what is left, in a transaction of its own."""
        if self._row is not None:
            await record_coverage(conn, self._row)
            await keep_pending(conn, self._source, self._kept_under, None)
            self._row = None

    async def failed(
        self, conn: Connection, start: datetime, end: datetime, state: State, reason: str, *, asked: int
    ) -> None:
        """Accounts for what this run was to read in [start, end) and did not."""
        for since, until in uncovered(start, end, self._windows) if start < end else []:
            await record_coverage(
                conn,
                Coverage(
                    source=self._source,
                    stream=self._stream,
                    window_start=since,
                    window_end=until,
                    state=state,
                    reason=reason,
                    asked=asked,
                ),
            )


async def open_accounts(pool: Pool, source: str, stream: str, *, kept_under: str | None = None) -> Accounts:
    """The accounts of a reader that has just taken over `stream`, or a window of it whose cursor is `kept_under`."""
    place = kept_under or stream
    return Accounts(source, stream, await pending_account(pool, source, place), place)


def _touch(row: Coverage, account: Coverage) -> bool:
    return account.window_start <= row.window_end and account.window_end >= row.window_start


def _joined(row: Coverage, account: Coverage) -> Coverage:
    received = row.received + account.received
    return msgspec.structs.replace(
        row,
        window_start=min(row.window_start, account.window_start),
        window_end=max(row.window_end, account.window_end),
        state="ok" if received else "empty",
        reason=_added(row.reason, account.reason),
        asked=row.asked + account.asked,
        received=received,
    )


def _sentence(dropped: Counter[str]) -> str:
    told = ", ".join(f"{count} {why}" for why, count in sorted(dropped.items()) if count)
    return f"Left out: {told}." if told else ""


def _added(first: str, second: str) -> str:
    if not first or not second:
        return first or second
    counts: Counter[str] = Counter()
    for sentence in (first, second):
        for part in sentence.removeprefix("Left out: ").removesuffix(".").split(", "):
            count, why = part.split(" ", 1)
            counts[why] += int(count)
    return _sentence(counts)
