"""From counts to what /sentiment answers: means, labels, confidence, buzz, order. It does not ask the database."""

from collections.abc import Sequence
from decimal import Decimal

from api.deps import Moment
from api.parameters import Window, WindowName
from api.sentiment.schemas import (
    FeedCoverage,
    MentionItem,
    PostItem,
    Sentiment,
    SourceShare,
    TermItem,
    TrendingItem,
)
from lib.db import coverage_reads
from lib.db.posts import FoundPost
from lib.db.sentiment import SourceCounts, WindowCounts
from lib.db.trending import Talk
from lib.domain.buzz import buzz
from lib.domain.confidence import confidence
from lib.domain.sentiment import Mention, Term
from lib.scoring.verdict import label_of

SAMPLE = "sample"

_OVER_BUDGET = "It was not asked: what may be spent on it is used up for now."


def sentiment_view(
    symbol: str,
    name: WindowName,
    window: Window,
    moment: Moment,
    counts: WindowCounts,
    *,
    scorer: str,
    source: str | None,
    coverage: Sequence[coverage_reads.FeedCoverage],
) -> Sentiment:
    """The summary of one window. Without posts: zeros, no score, no label."""
    posts = sum(share.posts for share in counts.sources)
    positive = sum(share.positive for share in counts.sources)
    negative = sum(share.negative for share in counts.sources)
    score = _mean(counts.sources, posts)
    unusual, reason = buzz(posts, counts.history, older=counts.older)
    return Sentiment(
        symbol=symbol,
        window=name,
        since=window.since,
        until=window.until,
        as_of=moment.at,
        source=source,
        scorer=scorer,
        score=score,
        label=None if score is None else label_of(score),
        confidence=confidence(posts, counts.authors),
        posts=posts,
        authors=counts.authors,
        positive=positive,
        neutral=posts - positive - negative,
        negative=negative,
        buzz=unusual,
        buzz_reason=reason,
        by_source=[_share(share) for share in counts.sources],
        coverage=[feed_view(feed) for feed in coverage],
        sample=any(share.source == SAMPLE for share in counts.sources),
    )


def feed_view(feed: coverage_reads.FeedCoverage) -> FeedCoverage:
    """One feed of one source. What a source costs is for operators alone."""
    reason = _OVER_BUDGET if feed.state == "over_budget" else feed.reason
    return FeedCoverage(**feed._asdict() | {"reason": reason})


def post_view(post: FoundPost) -> PostItem:
    """One post with its reading."""
    values = post._asdict() | {"explanation": terms(post.explanation), "mentions": mentions(post.mentions)}
    del values["id"]
    return PostItem(**values)


def terms(explanation: Sequence[Term]) -> list[TermItem]:
    """The reasons of a score, as objects."""
    return [TermItem(term.text, term.start, term.end, term.weight) for term in explanation]


def mentions(found: Sequence[Mention]) -> list[MentionItem]:
    """The symbols recognised in a text."""
    return [MentionItem(m.symbol, m.method, round(m.confidence, 4), m.start, m.end) for m in found]


def trending_view(talks: Sequence[Talk], limit: int, *, named: bool) -> list[TrendingItem]:
    """The `limit` symbols with the most unusual number of posts; those whose history is too short follow, by posts.

    Names are left out unless `named`: what a listing is called may change, what was known as of a moment may not.
    """
    ranked = [(buzz(talk.posts, talk.history, older=talk.older)[0], talk) for talk in talks]
    ranked.sort(key=lambda pair: (pair[0] is None, -(pair[0] or 0.0), -pair[1].posts, pair[1].symbol))
    return [
        TrendingItem(
            symbol=talk.symbol,
            name=talk.name if named else None,
            name_ko=talk.name_ko if named else None,
            buzz=unusual,
            score=talk.score,
            label=label_of(talk.score),
            confidence=confidence(talk.posts, talk.authors),
            posts=talk.posts,
            authors=talk.authors,
            positive=talk.positive,
            neutral=talk.posts - talk.positive - talk.negative,
            negative=talk.negative,
            sample=talk.sample,
        )
        for unusual, talk in ranked[:limit]
    ]


def _mean(sources: Sequence[SourceCounts], posts: int) -> float | None:
    # the sums are exact, so the mean is the same whatever the order in which posts came
    return float(round(sum((Decimal(share.score_sum) for share in sources), Decimal(0)) / posts, 6)) if posts else None


def _share(share: SourceCounts) -> SourceShare:
    return SourceShare(
        source=share.source,
        score=share.score,
        label=label_of(share.score),
        posts=share.posts,
        authors=share.authors,
        positive=share.positive,
        neutral=share.posts - share.positive - share.negative,
        negative=share.negative,
    )
