"""The shapes of what /stocks answers. Tables come ready from PostgreSQL: their structs document them and encode
nothing.
"""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct

from api.measures import (
    Bursts,
    Concentrations,
    Confidences,
    Confident,
    FilteredScores,
    NewAccountShares,
    SomeCounts,
    SomeFilteredCounts,
)
from lib.domain.bars import ActionKind, Interval

Price = Annotated[float | None, Meta(description="In the listing's currency.", examples=[187.57])]
Starts = Annotated[
    list[int],
    Meta(description="UTC, in milliseconds since 1970-01-01.", examples=[[1388620800000, 1388707200000]]),
]
Prices = Annotated[list[float | None], Meta(description="In the listing's currency.", examples=[[553.13, 540.98]])]
Volumes = Annotated[list[int | None], Meta(description="Shares.", examples=[[58671200, 98116900]])]
SampleFlag = Annotated[bool, Meta(description="True where anything in this answer is of the invented sample archive.")]
Truncated = Annotated[bool, Meta(description="True where the range holds more before the first row.")]
NextEnd = Annotated[
    str | None,
    Meta(description="The `end` with which what lies before is asked for.", examples=["2012-04-16T00:00:00Z"]),
]
AsOfEcho = Annotated[
    str | None, Meta(description="The moment that was asked about; null for now.", examples=["2026-03-02T14:30:00Z"])
]


class Match(Struct, frozen=True):
    """How a listing fits what was typed."""

    kind: Annotated[str, Meta(description="What fitted: the symbol, a name, its initials, …", examples=["name"])]
    score: Annotated[float, Meta(description="0 to 1, 1 is exact.", examples=[1.0])]


class StockItem(Struct, frozen=True, kw_only=True):
    """One listing that was found. `match` is null in a list that nobody searched."""

    symbol: Annotated[str, Meta(examples=["005930.KS"])]
    name: Annotated[str, Meta(examples=["Samsung Electronics Co., Ltd."])]
    name_ko: Annotated[str | None, Meta(examples=["삼성전자"])]
    exchange: Annotated[str | None, Meta(examples=["KRX"])]
    currency: Annotated[str | None, Meta(examples=["KRW"])]
    kind: Annotated[str, Meta(examples=["equity"])]
    sample: SampleFlag
    match: Match | None


class StockPage(Struct, frozen=True):
    """Listings, the best first; `next` is the `cursor` of the following page."""

    items: list[StockItem]
    next: str | None


class LastBar(Struct, frozen=True, kw_only=True):
    """The newest daily bar; `start` is 00:00 UTC of its trading date."""

    start: datetime
    open: Price
    high: Price
    low: Price
    close: Price
    adj_close: Price
    volume: Annotated[int | None, Meta(description="Shares.")]
    source: Annotated[str, Meta(description="Who said so.", examples=["yahoo"])]
    observed_at: Annotated[datetime, Meta(description="When we learned it.")]


class LastSentiment(Struct, frozen=True, kw_only=True):
    """The newest UTC day that has posts, with the default scorer."""

    day: date
    scorer: Annotated[str, Meta(examples=["finance@1"])]
    score: Annotated[float, Meta(description="Mean of the posts, -1 to 1.", examples=[0.21])]
    label: Annotated[str, Meta(examples=["positive"])]
    confidence: Confident
    posts: int
    authors: int
    positive: int
    negative: int


class Stock(Struct, frozen=True, kw_only=True):
    """A listing with the newest that is known of it. Dates are calendar days of its exchange."""

    symbol: Annotated[str, Meta(examples=["AAPL"])]
    name: Annotated[str, Meta(examples=["Apple Inc."])]
    name_ko: Annotated[str | None, Meta(examples=["애플"])]
    aliases: list[str]
    exchange: str | None
    currency: str | None
    kind: str
    listed_on: date | None
    delisted_on: date | None
    sample: SampleFlag
    last_bar: LastBar | None
    last_sentiment: LastSentiment | None


class BarsTable(Struct, frozen=True, kw_only=True):
    """Bars as columns of equal length, oldest first: `close[i]` belongs to `start[i]`."""

    symbol: Annotated[str, Meta(examples=["AAPL"])]
    interval: Interval
    adjusted: Annotated[
        bool, Meta(description="True where open, high, low and close were scaled by adj_close / close.")
    ]
    as_of: AsOfEcho
    sample: SampleFlag
    truncated: Truncated
    next: NextEnd
    start: Starts
    open: Prices
    high: Prices
    low: Prices
    close: Prices
    adj_close: Prices
    volume: Volumes


class Action(Struct, frozen=True, kw_only=True):
    """A dividend (amount per share) or a split (new shares per old one)."""

    kind: ActionKind
    ex_date: date
    value: float


class InsightTable(Struct, frozen=True, kw_only=True):
    """Bars and sentiment on one time axis, as columns of equal length, oldest first.

    A row without trading has null prices, one without posts null counts. Beside minute bars, sentiment stands at the
    start of its five minutes.
    """

    symbol: Annotated[str, Meta(examples=["AAPL"])]
    interval: Interval
    scorer: Annotated[str, Meta(examples=["finance@1"])]
    as_of: AsOfEcho
    sample: SampleFlag
    truncated: Truncated
    next: NextEnd
    start: Starts
    open: Prices
    high: Prices
    low: Prices
    close: Prices
    adj_close: Prices
    volume: Volumes
    posts: SomeCounts
    authors: SomeCounts
    positive: SomeCounts
    negative: SomeCounts
    score: Annotated[
        list[float | None], Meta(description="Mean score of the posts, -1 to 1.", examples=[[0.213, -0.04]])
    ]
    filtered_posts: SomeFilteredCounts
    filtered_authors: SomeCounts
    filtered_positive: SomeCounts
    filtered_negative: SomeCounts
    filtered_score: FilteredScores
    author_concentration: Concentrations
    new_account_share: NewAccountShares
    burst: Bursts
    confidence: Confidences
    actions: Annotated[list[Action], Meta(description="Dividends and splits in the range.")]
