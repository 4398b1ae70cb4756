"""The shapes of the events of the stream, as JSON in their `data`. It does not know how they are framed or sent."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

PublicKind = Literal["sentiment", "bars", "listings", "coverage"]
KINDS: tuple[PublicKind, ...] = ("sentiment", "bars", "listings", "coverage")
DEFAULT_KINDS: tuple[PublicKind, ...] = ("sentiment", "bars")

ResetReason = Literal["expired", "unknown", "another-history", "everything"]

Symbol = Annotated[str, Meta(examples=["AAPL"])]
Since = Annotated[datetime, Meta(description="Start of the first row that changed.")]
Until = Annotated[datetime, Meta(description="End of the last one, itself excluded: usable as `end`.")]
Changed = Annotated[int, Meta(description="Rows that were added or rewritten.", examples=[2])]
Removed = Annotated[int, Meta(description="Rows that are gone: read the range anew.", examples=[0])]
ObservedAt = Annotated[datetime | None, Meta(description="When the latest of them was observed: usable as `as_of`.")]


class BucketItem(Struct, frozen=True, kw_only=True):
    """Five minutes of one source, whole as they are now; `filtered_…` counts each text once. Without posts the scores
    are null.
    """

    start: datetime
    source: Annotated[str, Meta(examples=["reddit"])]
    posts: int
    authors: int
    positive: int
    negative: int
    score: Annotated[float | None, Meta(description="Mean, -1 to 1.", examples=[0.213])]
    filtered_posts: int
    filtered_positive: int
    filtered_negative: int
    filtered_score: Annotated[float | None, Meta(examples=[0.184])]


class SentimentEvent(Struct, frozen=True, kw_only=True):
    """`event: sentiment`: buckets of one symbol and scorer changed. `buckets` has the newest five at most; where it has
    fewer than `changed`, the rest of the range is to be read by `GET /sentiment/{symbol}/series`.
    """

    symbol: Symbol
    scorer: Annotated[str, Meta(examples=["finance@1"])]
    since: Since
    until: Until
    changed: Changed
    removed: Removed
    observed_at: ObservedAt
    buckets: list[BucketItem]


class BarItem(Struct, frozen=True, kw_only=True):
    """One bar, unadjusted but for `adj_close`."""

    start: datetime
    open: float | None
    high: float | None
    low: float | None
    close: float
    adj_close: float | None
    volume: int | None
    source: Annotated[str, Meta(examples=["yahoo"])]


class BarsEvent(Struct, frozen=True, kw_only=True):
    """`event: bars`: bars of one symbol and interval changed; `bars` has the newest five at most."""

    symbol: Symbol
    interval: Annotated[str, Meta(examples=["1d"])]
    since: Since
    until: Until
    changed: Changed
    removed: Removed
    observed_at: ObservedAt
    bars: list[BarItem]


class ListingItem(Struct, frozen=True, kw_only=True):
    """What a listing is called now."""

    name: str
    name_ko: str | None
    exchange: str | None
    currency: str | None
    delisted_on: date | None


class ListingsEvent(Struct, frozen=True, kw_only=True):
    """`event: listings`: a listing was added, changed, or removed (also by a change of its symbol); then `listing` is
    null.
    """

    symbol: Symbol
    removed: Annotated[bool, Meta(description="True where nothing is listed under this symbol any more.")]
    listing: ListingItem | None


class CoverageEvent(Struct, frozen=True, kw_only=True):
    """`event: coverage`: a source was asked for something. It concerns every symbol."""

    source: Annotated[str, Meta(examples=["reddit"])]
    since: datetime
    until: datetime
    changed: Changed
    removed: Removed
    observed_at: ObservedAt
    states: list[str]


class StatusEvent(Struct, frozen=True, kw_only=True):
    """`event: status`: first in every stream, and whenever it changes. `away` means that changes cannot be heard of for
    now; they are sent, all of them, once `source` is `ok`.
    """

    source: Literal["ok", "away"]


class ResetEvent(Struct, frozen=True, kw_only=True):
    """`event: reset`: load anew what you show, and go on listening; what happened in between is not told.

    `expired`: Last-Event-ID is older than what is kept. `unknown`: it is not of this installation. `another-history`:
    the database was restored. `everything`: whole tables were emptied.
    """

    reason: ResetReason
