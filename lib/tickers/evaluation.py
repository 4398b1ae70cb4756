"""How right the resolver is about posts in which people marked tickers and companies. It reads no files.

A ticker counts once a post, if it is listed. A mention is right if its symbol was marked in the post, or if it stands
on words that were marked as a company, whose symbol the marks do not say. Intervals hold 95 % of resamplings of the
posts.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from lib.tickers.resolver import Resolver

_RESAMPLES = 2000
_SEED = 20260302
_DIGITS = 4
_BANDS = (0.6, 0.7, 0.8, 0.9, 1.0)


class Span(msgspec.Struct, frozen=True):
    """Marked code points [start, end), of a `ticker` or a `company`."""

    start: int
    end: int
    label: str
    text: str


class MarkedPost(msgspec.Struct, frozen=True):
    """A text and everything in it that people marked."""

    text: str
    spans: tuple[Span, ...]


class Band(msgspec.Struct, frozen=True):
    """Of the mentions whose confidence is in [low, high): how many, and what share of them is right."""

    low: float
    high: float
    mentions: int
    precision: float


class TickerAccuracy(msgspec.Struct, frozen=True):
    """What share of the mentions is right, and what share of the marked tickers was found."""

    posts: int
    mentions: int
    marked: int
    precision: float
    precision_interval: tuple[float, float]
    recall: float
    recall_interval: tuple[float, float]
    bands: tuple[Band, ...]


class _Counts(msgspec.Struct):
    """Of one post, or of several together."""

    right: int = 0
    mentions: int = 0
    found: int = 0
    marked: int = 0


def marked_posts(rows: Iterable[Mapping[str, Any]]) -> list[MarkedPost]:
    """Posts from rows as they stand in files: `text` and `spans`, each with start, end, label and text."""
    return [msgspec.convert(row, MarkedPost) for row in rows]


def evaluate(resolver: Resolver, posts: Sequence[MarkedPost]) -> TickerAccuracy:
    """The figures of `resolver` on `posts`, the same for the same posts. Shares of nothing are 0."""
    counts: list[_Counts] = []
    bands: dict[float, _Counts] = defaultdict(_Counts)
    for post in posts:
        tickers = [span for span in post.spans if span.label == "ticker"]
        companies = [span for span in post.spans if span.label == "company"]
        marked = {symbol for span in tickers if (symbol := resolver.symbol_of(span.text)) is not None}
        of_post = _Counts(marked=len(marked))
        for mention in resolver.resolve(post.text):
            known = any(span.start < mention.end and mention.start < span.end for span in companies)
            is_right = known or mention.symbol in marked
            band = bands[next(high for high in _BANDS if mention.confidence < high)]
            for count in (of_post, band):
                count.mentions += 1
                count.right += is_right
            of_post.found += mention.symbol in marked
        counts.append(of_post)
    resampled = list(_resampled(counts))
    whole = _sum(counts)
    return TickerAccuracy(
        posts=len(posts),
        mentions=whole.mentions,
        marked=whole.marked,
        precision=_share(whole.right, whole.mentions),
        precision_interval=_interval([_share(one.right, one.mentions) for one in resampled]),
        recall=_share(whole.found, whole.marked),
        recall_interval=_interval([_share(one.found, one.marked) for one in resampled]),
        bands=tuple(
            Band(round(high - 0.1, 1), high, bands[high].mentions, _share(bands[high].right, bands[high].mentions))
            for high in sorted(bands)
        ),
    )


def _resampled(counts: Sequence[_Counts]) -> Iterable[_Counts]:
    chance = random.Random(_SEED)  # noqa: S311 - nothing secret hangs on it
    for _ in range(_RESAMPLES if counts else 0):
        yield _sum(chance.choices(counts, k=len(counts)))


def _sum(counts: Iterable[_Counts]) -> _Counts:
    whole = _Counts()
    for one in counts:
        whole.right += one.right
        whole.mentions += one.mentions
        whole.found += one.found
        whole.marked += one.marked
    return whole


def _share(part: int, whole: int) -> float:
    return round(part / whole, _DIGITS) if whole else 0.0


def _interval(values: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(values) or [0.0]
    return ordered[int(0.025 * (len(ordered) - 1))], ordered[int(0.975 * (len(ordered) - 1))]
