"""The shapes of what /sentiment answers and takes. Tables come ready from PostgreSQL: their structs only document
them.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.measures import (
    AsOfEcho,
    Authors,
    Bursts,
    Buzz,
    Concentration,
    Concentrations,
    Confidences,
    Confident,
    Counts,
    FilteredCounts,
    FilteredPosts,
    FilteredScore,
    FilteredScores,
    NewAccounts,
    NewAccountShares,
    SampleFlag,
    Score,
)
from api.parameters import WindowName
from lib.db.series import SeriesInterval
from lib.domain.coverage import State
from lib.domain.sentiment import Label
from lib.scoring.evaluation.figures import LabelledSet, Overall, ScorerFigures, SetFigures
from lib.scoring.evaluation.published import FinderFigures

Series = Literal["raw", "filtered"]


class SourceShare(Struct, frozen=True, kw_only=True):
    """What one source contributed to a window."""

    source: Annotated[str, Meta(examples=["reddit"])]
    score: Score
    label: Label
    posts: Annotated[int, Meta(examples=[81])]
    authors: Authors
    positive: int
    neutral: int
    negative: int
    filtered_score: FilteredScore
    filtered_label: Label | None
    filtered_posts: FilteredPosts
    filtered_authors: Authors
    filtered_positive: int
    filtered_neutral: int
    filtered_negative: int


class FeedCoverage(Struct, frozen=True, kw_only=True):
    """What one feed of one source was asked for in the window and what came. `state` and `reason` are the newest
    answer's: `ok`, `empty` (it has nothing new), or why it was not heard. A feed that is not heard is silent, not calm.
    """

    source: Annotated[str, Meta(examples=["reddit"])]
    feed: Annotated[str, Meta(examples=["posts"])]
    state: State
    reason: Annotated[
        str,
        Meta(
            description="Why it was not heard, or what was left out of what came; empty where there is nothing to say.",
            examples=["Left out: 2 not English."],
        ),
    ]
    observed_at: datetime
    questions: Annotated[int, Meta(description="How often it was asked.")]
    answered: Annotated[int, Meta(description="How often it answered, with something or with nothing new.")]
    asked: Annotated[int, Meta(description="Items asked for.")]
    received: Annotated[int, Meta(description="Items that came.")]


class Sentiment(Struct, frozen=True, kw_only=True):
    """What people say about one symbol in [since, until), with all posts and (`filtered_…`) without copies; and what
    tells whether noise is made: `author_concentration`, `new_account_share`, and a `buzz` far above `filtered_buzz`.
    """

    symbol: Annotated[str, Meta(examples=["AAPL"])]
    window: WindowName
    since: datetime
    until: datetime
    as_of: AsOfEcho
    source: Annotated[str | None, Meta(description="The one source that counted; null for all.")]
    scorer: Annotated[str, Meta(examples=["finance@1"])]
    score: Score
    label: Annotated[Label | None, Meta(description="From ±0.05 on positive or negative; null without posts.")]
    confidence: Confident
    posts: Annotated[int, Meta(examples=[120])]
    authors: Authors
    positive: int
    neutral: int
    negative: int
    buzz: Buzz
    buzz_reason: Annotated[str | None, Meta(description="Why there is no buzz, where there is none.")]
    filtered_score: FilteredScore
    filtered_label: Label | None
    filtered_confidence: Confident
    filtered_posts: FilteredPosts
    filtered_authors: Authors
    filtered_positive: int
    filtered_neutral: int
    filtered_negative: int
    filtered_buzz: Annotated[
        float | None, Meta(description="The buzz of the posts without copies, beside the same of the windows before.")
    ]
    author_concentration: Concentration
    new_account_share: NewAccounts
    by_source: list[SourceShare]
    coverage: Annotated[
        list[FeedCoverage], Meta(description="Which sources of posts were asked: silence of a source is not calm.")
    ]
    sample: SampleFlag


class SeriesTable(Struct, frozen=True, kw_only=True):
    """Sentiment as columns of equal length, oldest first; intervals without posts are left out."""

    symbol: Annotated[str, Meta(examples=["AAPL"])]
    interval: SeriesInterval
    source: str | None
    scorer: Annotated[str, Meta(examples=["finance@1"])]
    as_of: Annotated[str | None, Meta(description="The moment that was asked about; null for now.")]
    sample: SampleFlag
    truncated: Annotated[bool, Meta(description="True where the range holds more before the first row.")]
    next: Annotated[str | None, Meta(description="The `end` with which what lies before is asked for.")]
    start: Annotated[
        list[int], Meta(description="UTC, in milliseconds since 1970-01-01.", examples=[[1388620800000, 1388624400000]])
    ]
    posts: Counts
    authors: Counts
    score: Annotated[list[float], Meta(description="Mean of the posts, -1 to 1.", examples=[[0.213, -0.04]])]
    positive: Counts
    negative: Counts
    filtered_posts: FilteredCounts
    filtered_authors: Counts
    filtered_score: FilteredScores
    filtered_positive: Counts
    filtered_negative: Counts
    author_concentration: Concentrations
    new_account_share: NewAccountShares
    burst: Bursts
    confidence: Confidences


class TrendingItem(Struct, frozen=True, kw_only=True):
    """A symbol that people speak of. As of a moment the names are null: listings have no history."""

    symbol: Annotated[str, Meta(examples=["005930.KS"])]
    name: Annotated[str | None, Meta(examples=["Samsung Electronics Co., Ltd."])]
    name_ko: Annotated[str | None, Meta(examples=["삼성전자"])]
    buzz: Buzz
    score: Score
    label: Label
    confidence: Confident
    posts: int
    authors: Authors
    positive: int
    neutral: int
    negative: int
    filtered_buzz: Annotated[float | None, Meta(description="The buzz of the posts without copies.")]
    filtered_score: FilteredScore
    filtered_posts: FilteredPosts
    filtered_authors: Authors
    filtered_positive: int
    filtered_neutral: int
    filtered_negative: int
    author_concentration: Concentration
    new_account_share: NewAccounts
    sample: SampleFlag


class Trending(Struct, frozen=True, kw_only=True):
    """Symbols in [since, until), the most unusual first; without a known history after those with one, by posts."""

    window: WindowName
    since: datetime
    until: datetime
    as_of: AsOfEcho
    scorer: Annotated[str, Meta(examples=["finance@1"])]
    series: Annotated[Series, Meta(description="Which posts decided the order.")]
    items: list[TrendingItem]
    coverage: Annotated[
        list[FeedCoverage], Meta(description="Which sources of posts were asked: silence of a source is not calm.")
    ]
    next: None = None


class ScorerItem(Struct, frozen=True, kw_only=True):
    """A scorer: the same text scores the same for ever under the same name."""

    name: Annotated[str, Meta(examples=["finance@1"])]
    default: Annotated[bool, Meta(description="Answers use it where none is asked for.")]
    description: str
    languages: Annotated[list[str], Meta(description="The languages it reads.", examples=[["en", "ko"]])]
    learned_from: Annotated[
        list[str],
        Meta(
            description="Sets whose training texts shaped it; it is measured on others.", examples=[["sentfin", "tfns"]]
        ),
    ]
    accuracy: Annotated[
        float | None,
        Meta(
            description="Published share of right labels, as in `overall`; null until it was measured.", examples=[0.74]
        ),
    ]
    macro_f1: Annotated[float | None, Meta(description="The same of the mean F1 of the labels.", examples=[0.71])]
    overall: Annotated[Overall | None, Meta(description="Mean of all sets of texts in the languages it reads.")]
    unseen: Annotated[
        Overall | None, Meta(description="Mean of those of which it learned nothing: what to expect on other texts.")
    ]
    sets: Annotated[list[SetFigures], Meta(description="The figures of each set that it was measured on.")]


class ScorerList(Struct, frozen=True):
    """Every scorer there is, with how right it was on held-out texts; and what that is to be compared with."""

    items: list[ScorerItem]
    baselines: Annotated[
        list[ScorerFigures],
        Meta(
            description="Measured on the same texts, no part of the product: word lists, and the most frequent label."
        ),
    ]
    sets: Annotated[list[LabelledSet], Meta(description="What scorers were measured on.")]
    tickers: Annotated[
        list[FinderFigures],
        Meta(description="How right stocks are found in posts: by InsiteChart, and by what trackers usually do."),
    ]
    missing: Annotated[list[str], Meta(description="A sentence for each thing that was not measured, with the reason.")]
    next: None = None


class CoverageList(Struct, frozen=True, kw_only=True):
    """What every source was asked for in [since, until) and what came, by source and feed."""

    window: WindowName
    since: datetime
    until: datetime
    as_of: AsOfEcho
    items: list[FeedCoverage]
    next: None = None


class ShownGap(Struct, frozen=True, kw_only=True):
    """[since, until) of which a feed told nothing: `open` where it may still come, `lost` where it never will."""

    source: Annotated[str, Meta(examples=["reddit"])]
    feed: Annotated[str, Meta(examples=["submissions"])]
    interval: Annotated[str | None, Meta(description="Of the feed `bars`: which bars are missing; else null.")]
    since: datetime
    until: datetime
    state: Literal["open", "lost"]
    reason: Annotated[str, Meta(examples=["Reddit answers 503."])]


class ShownGaps(Struct, frozen=True, kw_only=True):
    """When something about a symbol was not heard, oldest first."""

    symbol: Annotated[str, Meta(examples=["AAPL"])]
    truncated: Annotated[bool, Meta(description="True where the range holds more, before the first.")]
    items: list[ShownGap]
    next: None = None
