"""The shapes of what /operations answers. Dollars are decimal text, never floats."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from lib.collect.verdicts import Verdict
from lib.db.gap_reads import GapState
from lib.domain.coverage import State

Dollars = Annotated[str, Meta(description="Dollars as decimal text.", examples=["12.50"])]
Limit = Annotated[str | None, Meta(description="Dollars as decimal text; null: no limit.", examples=["20.00"])]
SourceId = Annotated[str, Meta(examples=["reddit"])]
StreamId = Annotated[str, Meta(examples=["submissions/wallstreetbets"])]
Reason = Annotated[str, Meta(description="Why, in one sentence; empty where there is nothing to say.")]


class CircuitItem(Struct, frozen=True, kw_only=True):
    """The source refused the credential in use: it is left alone until a person acts."""

    stream: Annotated[str | None, Meta(description="The one stream that is refused; null: the whole source.")]
    opened_at: datetime
    reason: Reason
    what_to_do: str


class UnitsItem(Struct, frozen=True, kw_only=True):
    """Units of one kind this month, and how many there may be."""

    unit: Annotated[str, Meta(examples=["posts"])]
    month: int
    limit: Annotated[int | None, Meta(description="Null: no limit.")]


class SpendSummary(Struct, frozen=True, kw_only=True):
    """What one source has cost today and this month (UTC), and what this month will have cost at the usual pace."""

    source: SourceId
    today: Dollars
    month: Dollars
    forecast: Annotated[
        str,
        Meta(
            description="Dollars by the end of this month, if each day left costs what the last seven whole days cost "
            "on average.",
            examples=["31.20"],
        ),
    ]
    budget_day: Limit
    budget_month: Limit
    used_up: Annotated[
        Literal["today", "this month"] | None, Meta(description="Of which span nothing is left; null: there is.")
    ]
    units: list[UnitsItem]


class StreamItem(Struct, frozen=True, kw_only=True):
    """The newest account of one stream."""

    stream: StreamId
    state: State
    reason: Reason
    start: datetime
    end: Annotated[datetime, Meta(description="The window [start, end) that was asked for.")]
    observed_at: Annotated[datetime, Meta(description="When it was answered, or not.")]
    answered_at: Annotated[datetime | None, Meta(description="When it last answered; null: never.")]


class SourceItem(Struct, frozen=True, kw_only=True):
    """How one source stands."""

    name: SourceId
    title: Annotated[str, Meta(examples=["Reddit"])]
    brings: Annotated[str, Meta(examples=["submissions and comments of chosen subreddits"])]
    standing: Annotated[
        Verdict,
        Meta(
            description="`ok`: every stream is heard; `partly`: some; `unheard`: none; `denied`: refused until a "
            "person acts; `over_budget`; `stale`: not asked any more; `never_asked`; `not_configured`; `off`. "
            "`unknown` is what a terminal says without a database."
        ),
    ]
    what_to_do: Annotated[str, Meta(description="What a person can do; empty where there is nothing to do.")]
    configured: bool
    missing: Annotated[
        list[str], Meta(description="Variables that must be set.", examples=[["INSITECHART_REDDIT_CLIENT_ID"]])
    ]
    off: Annotated[bool, Meta(description="Switched off by INSITECHART_SOURCES_OFF.")]
    circuits: list[CircuitItem]
    spend: Annotated[SpendSummary | None, Meta(description="Null where it is free.")]
    answered_at: Annotated[datetime | None, Meta(description="When any stream last answered; null: never.")]
    last: Annotated[StreamItem | None, Meta(description="The newest account of any stream; null: never asked.")]
    streams: Annotated[
        list[StreamItem],
        Meta(description="The newest account of each stream that is asked, those not heard first; at most 100."),
    ]
    streams_count: Annotated[int, Meta(description="How many streams there are.")]
    overdue: Annotated[int, Meta(description="Posts that should have been looked at again, in case they were deleted.")]
    overdue_since: datetime | None


class SourceList(Struct, frozen=True):
    """Every source there is."""

    items: list[SourceItem]
    next: None = None


class AccountItem(Struct, frozen=True, kw_only=True):
    """One account: which window [start, end) of a stream was asked for, and what came."""

    source: SourceId
    stream: StreamId
    start: datetime
    end: datetime
    state: State
    reason: Reason
    asked: Annotated[int, Meta(description="Calls; 0: it was not asked, and `reason` says why.")]
    received: Annotated[int, Meta(description="Items that came.")]
    observed_at: datetime


class AccountPage(Struct, frozen=True, kw_only=True):
    """Accounts of windows that touch [since, until), the newest first; `next` is the `cursor` of the following page."""

    since: Annotated[datetime | None, Meta(description="Null: from the first account on.")]
    until: Annotated[datetime | None, Meta(description="Null: whatever the end.")]
    as_of: Annotated[datetime | None, Meta(description="The moment that was asked about; null for now.")]
    items: list[AccountItem]
    next: str | None


class CursorItem(Struct, frozen=True, kw_only=True):
    """How far the reader of one stream got; what a position means is known to its source alone."""

    source: SourceId
    stream: StreamId
    position: Annotated[dict[str, Any], Meta(description="Saved in the transaction that stored what was read.")]
    updated_at: Annotated[datetime, Meta(description="When it last moved.")]


class CursorList(Struct, frozen=True, kw_only=True):
    """Cursors by source and stream; `next` is the `cursor` of the following page."""

    items: list[CursorItem]
    next: str | None


class SpendDay(Struct, frozen=True, kw_only=True):
    """Units and dollars of one source, UTC day and kind of unit, and the paid calls they took."""

    source: SourceId
    day: Annotated[date, Meta(examples=["2026-03-02"])]
    unit: Annotated[str, Meta(examples=["posts"])]
    units: int
    dollars: Dollars
    calls: int


class SpendList(Struct, frozen=True, kw_only=True):
    """What the sources have cost: each with its budget in `sources`, and day by day, the latest first."""

    today: Annotated[date, Meta(description="The UTC day that counts as today.", examples=["2026-03-02"])]
    sources: list[SpendSummary]
    items: list[SpendDay]
    next: None = None


class GapItem(Struct, frozen=True, kw_only=True):
    """A window [start, end) of a stream of which something is, was, or will stay missing."""

    source: SourceId
    stream: StreamId
    start: datetime
    end: datetime
    state: GapState
    origin: Annotated[Literal["found", "backfill"], Meta(description="Found missing, or wanted by a backfill.")]
    reason: Reason
    tries: Annotated[int, Meta(description="How often it was asked for again.")]
    next_try_at: Annotated[datetime | None, Meta(description="Null where it is closed.")]
    found_at: datetime
    closed_at: datetime | None
    closing: Annotated[str, Meta(description="Why it is closed; empty while it is open.")]


class GapPage(Struct, frozen=True, kw_only=True):
    """Gaps, the last found first; `next` is the `cursor` of the following page."""

    items: list[GapItem]
    next: str | None
