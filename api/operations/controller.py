"""Routes under /operations: what the sources were asked, cost and owe. It does not ask a source, nor change anything.

Operators and admins read it. What it answers holds neither credentials nor anything of a person.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from litestar import Controller, get
from litestar.params import QueryParameter

from api.auth.guards import needs
from api.cursors import read_cursor, write_cursor
from api.deps import Moment, NamedDependency
from api.openapi import problems
from api.operations.schemas import AccountPage, CursorList, GapPage, SourceList, SpendList
from api.operations.views import account_view, cursor_view, gap_view, source_view, spend_day_view, spend_view
from api.parameters import WINDOWS, Cursor, End, Range, Start, WindowName, parse_range, window_until
from api.problems import BadParameter
from lib.collect.standing import looking_back, spend_standing, standings
from lib.db.account_reads import accounts_of
from lib.db.asking.spend import spend_by_day
from lib.db.cursor_reads import cursors_of
from lib.db.gap_reads import GapState, gaps_of
from lib.db.pool import Pool
from lib.domain.coverage import State
from lib.settings import Settings
from lib.sources.registry import declarations

Source = Annotated[
    str | None, QueryParameter(description="Only this source; all of them where it is missing.", max_length=60)
]
Limit = Annotated[int, QueryParameter(description="At most this many.", ge=1, le=1000)]


class OperationsController(Controller):
    """How the sources stand, and the accounts behind it."""

    path = "/operations"
    tags = ("operations",)
    guards = (needs("operator", "operations"),)

    @get("/sources", operation_id="getSources", summary="How every source stands", responses=problems(400, 503))
    async def sources(self, pool: NamedDependency[Pool], settings: NamedDependency[Settings]) -> SourceList:
        """Configured or what is missing, refused or not, spent of what budget, heard when: and what to do."""
        found = await standings(pool, settings, declarations())
        return SourceList([source_view(standing) for standing in found])

    @get("/coverage", operation_id="getAccounts", summary="Every question to a source", responses=problems(400, 503))
    async def coverage(
        self,
        pool: NamedDependency[Pool],
        moment: NamedDependency[Moment],
        source: Source = None,
        feed: Annotated[
            str | None,
            QueryParameter(description="Only streams whose name begins with this part: `bars`.", max_length=60),
        ] = None,
        stream: Annotated[
            str | None, QueryParameter(description="Only this stream: `bars/1d/AAPL`.", max_length=200)
        ] = None,
        only: Annotated[State | None, QueryParameter(name="state", description="Only answers of this kind.")] = None,
        window: Annotated[
            WindowName | None,
            QueryParameter(description="How far back from now, or from `as_of`; 24h without `start` and `end`."),
        ] = None,
        start: Start = None,
        end: End = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> AccountPage:
        """Accounts of windows that touch the span, the newest first. Appended only, so `as_of` has every past one."""
        if feed is not None and stream is not None:
            raise BadParameter("feed", "A stream has its feed in its name.", accepted="a feed, or a stream")
        position = read_cursor(cursor, tuple[datetime, int, datetime | None]) if cursor else None
        span = _span(window, start, end, moment, position[2] if position else None)
        page = await accounts_of(
            pool,
            since=span.start,
            until=span.end,
            limit=limit,
            before=position[:2] if position else None,
            source=source,
            feed=feed,
            stream=stream,
            state=only,
            moment=moment.at,
        )
        last = page.accounts[-1] if page.more else None
        return AccountPage(
            since=span.start,
            until=span.end,
            as_of=moment.at,
            items=[account_view(account) for account in page.accounts],
            next=write_cursor((last.observed_at, last.id, span.end)) if last else None,
        )

    @get("/spend", operation_id="getSpend", summary="What the sources cost", responses=problems(400, 503))
    async def spend(
        self,
        pool: NamedDependency[Pool],
        settings: NamedDependency[Settings],
        source: Source = None,
        days: Annotated[int, QueryParameter(description="So many UTC days, today included.", ge=1, le=366)] = 31,
    ) -> SpendList:
        """Each paid source with its budget and a forecast to the month's end, and day by day what was spent."""
        today = datetime.now(UTC).date()
        first = today - timedelta(days=days - 1)
        rows = await spend_by_day(pool, since=min(first, looking_back(today)), source=source)
        summaries = [
            spend_view(declared.name, found)
            for declared in declarations()
            if source in (None, declared.name)
            and (found := spend_standing(declared, settings, rows, today)) is not None
        ]
        items = sorted((row for row in rows if row.day >= first), key=lambda row: row.day, reverse=True)
        return SpendList(today=today, sources=summaries, items=[spend_day_view(row) for row in items])

    @get("/cursors", operation_id="getCursors", summary="How far each reader got", responses=problems(400, 503))
    async def cursors(
        self, pool: NamedDependency[Pool], source: Source = None, limit: Limit = 100, cursor: Cursor = None
    ) -> CursorList:
        """Where the reading of every stream goes on."""
        after = read_cursor(cursor, tuple[str, str]) if cursor else None
        page = await cursors_of(pool, limit=limit, after=after, source=source)
        last = page.cursors[-1] if page.more else None
        return CursorList(
            items=[cursor_view(row) for row in page.cursors],
            next=write_cursor((last.source, last.stream)) if last else None,
        )

    @get("/gaps", operation_id="getGaps", summary="What is missing", responses=problems(400, 503))
    async def gaps(
        self,
        pool: NamedDependency[Pool],
        only: Annotated[GapState | None, QueryParameter(name="state", description="Only gaps in this state.")] = None,
        source: Source = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> GapPage:
        """Windows of which something is missing (`open`), came later (`filled`), or will never come (`lost`)."""
        before = read_cursor(cursor, int) if cursor else None
        page = await gaps_of(pool, limit=limit, before=before, source=source, state=only)
        last = page.gaps[-1] if page.more else None
        return GapPage(items=[gap_view(gap) for gap in page.gaps], next=write_cursor(last.id) if last else None)


def _span(
    window: WindowName | None, start: str | None, end: str | None, moment: Moment, until: datetime | None
) -> Range:
    """What was asked for; `until` is where the first page's window ended: later ones must not move on with time."""
    if start is None and end is None:
        length = WINDOWS[window or "24h"]
        until = until or window_until(moment.at or datetime.now(UTC), length).until
        return Range(until - length, until)
    if window is not None:
        raise BadParameter(
            "window", "A window cannot be asked for together with a range.", accepted="a window, or start and end"
        )
    return parse_range(start, end)
