"""From counts to what /sentiment answers: means, labels, confidence, buzz, order. It does not ask the database."""

from collections.abc import Sequence
from decimal import Decimal

from api.deps import Moment
from api.parameters import Window, WindowName
from api.sentiment.schemas import FeedCoverage, Sentiment, ShownGap, SourceShare, TrendingItem
from api.sentiment.texts import MentionItem, PostItem, TermItem
from lib.db import coverage_reads, gap_shown
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
    score = _mean([share.score_sum for share in counts.sources], posts)
    unusual, reason = buzz(posts, counts.history, older=counts.older)
    firsts = sum(share.filtered_posts for share in counts.sources)
    first_positive = sum(share.filtered_positive for share in counts.sources)
    first_negative = sum(share.filtered_negative for share in counts.sources)
    first_score = _mean([share.filtered_score_sum for share in counts.sources], firsts)
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
        filtered_score=first_score,
        filtered_label=None if first_score is None else label_of(first_score),
        filtered_confidence=confidence(firsts, counts.filtered_authors),
        filtered_posts=firsts,
        filtered_authors=counts.filtered_authors,
        filtered_positive=first_positive,
        filtered_neutral=firsts - first_positive - first_negative,
        filtered_negative=first_negative,
        filtered_buzz=buzz(firsts, counts.filtered_history, older=counts.older)[0],
        author_concentration=counts.author_concentration,
        new_account_share=counts.new_account_share,
        by_source=[_share(share) for share in counts.sources],
        coverage=[feed_view(feed) for feed in coverage],
        sample=any(share.source == SAMPLE for share in counts.sources),
    )


def feed_view(feed: coverage_reads.FeedCoverage) -> FeedCoverage:
    """One feed of one source. What a source costs is for operators alone."""
    reason = _OVER_BUDGET if feed.state == "over_budget" else feed.reason
    return FeedCoverage(**feed._asdict() | {"reason": reason})


def gap_view(gap: gap_shown.ShownGap) -> ShownGap:
    """One window without an answer. What a source costs is for operators alone."""
    return ShownGap(
        source=gap.source,
        feed=gap.feed,
        interval=gap.interval,
        since=gap.since,
        until=gap.until,
        state=gap.state,
        reason=_OVER_BUDGET if gap.over_budget else gap.reason,
    )


def post_view(post: FoundPost) -> PostItem:
    """One post with its reading."""
    found = [
        MentionItem(m.symbol, m.method, round(m.confidence, 4), m.start, m.end, m.score, m.label) for m in post.mentions
    ]
    values = post._asdict() | {"explanation": terms(post.explanation), "mentions": found}
    del values["id"]
    return PostItem(**values)


def terms(explanation: Sequence[Term]) -> list[TermItem]:
    """The reasons of a score, as objects."""
    return [TermItem(term.text, term.start, term.end, term.weight) for term in explanation]


def scored_mentions(found: Sequence[Mention], values: Sequence[float]) -> list[MentionItem]:
    """The symbols recognised in a text, each with the value for it."""
    return [
        MentionItem(m.symbol, m.method, round(m.confidence, 4), m.start, m.end, value, label_of(value))
        for m, value in zip(found, values, strict=True)
    ]


def trending_view(talks: Sequence[Talk], limit: int, *, named: bool, filtered: bool) -> list[TrendingItem]:
    """The `limit` symbols with the most unusual number of posts, copies not counted where `filtered`; those whose
    history is too short follow, by posts.

    Names are left out unless `named`: what a listing is called may change, what was known as of a moment may not.
    """
    ranked = [(_rank(item, filtered=filtered), item) for item in (_trending(talk, named=named) for talk in talks)]
    return [item for _, item in sorted(ranked, key=lambda pair: pair[0])[:limit]]


def _rank(item: TrendingItem, *, filtered: bool) -> tuple[bool, float, int, str]:
    unusual, posts = (item.filtered_buzz, item.filtered_posts) if filtered else (item.buzz, item.posts)
    return unusual is None, -(unusual or 0.0), -posts, item.symbol


def _trending(talk: Talk, *, named: bool) -> TrendingItem:
    return TrendingItem(
        symbol=talk.symbol,
        name=talk.name if named else None,
        name_ko=talk.name_ko if named else None,
        buzz=buzz(talk.posts, talk.history, older=talk.older)[0],
        score=talk.score,
        label=label_of(talk.score),
        confidence=confidence(talk.posts, talk.authors),
        posts=talk.posts,
        authors=talk.authors,
        positive=talk.positive,
        neutral=talk.posts - talk.positive - talk.negative,
        negative=talk.negative,
        filtered_buzz=buzz(talk.filtered_posts, talk.filtered_history, older=talk.older)[0],
        filtered_score=talk.filtered_score,
        filtered_posts=talk.filtered_posts,
        filtered_authors=talk.filtered_authors,
        filtered_positive=talk.filtered_positive,
        filtered_neutral=talk.filtered_posts - talk.filtered_positive - talk.filtered_negative,
        filtered_negative=talk.filtered_negative,
        author_concentration=talk.author_concentration,
        new_account_share=talk.new_account_share,
        sample=talk.sample,
    )


def _mean(sums: Sequence[str], posts: int) -> float | None:
    # the sums are exact, so the mean is the same whatever the order in which posts came
    return float(round(sum(map(Decimal, sums), Decimal(0)) / posts, 6)) if posts else None


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
        filtered_score=share.filtered_score,
        filtered_label=None if share.filtered_score is None else label_of(share.filtered_score),
        filtered_posts=share.filtered_posts,
        filtered_authors=share.filtered_authors,
        filtered_positive=share.filtered_positive,
        filtered_neutral=share.filtered_posts - share.filtered_positive - share.filtered_negative,
        filtered_negative=share.filtered_negative,
    )
