"""How right a finder of stocks is about posts in which people marked tickers and companies. It reads no files.

A ticker counts once a post; recall is of those that are listed, and beside it of all. A mention is right if its symbol
was marked in the post, or if it stands on words that were marked as a company, whose symbol the marks do not say.
Intervals hold 95 % of resamplings of the posts.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, get_args

import msgspec
import numpy as np

from lib.bootstrap import Numbers, interval_of_share, resampled_sums, rounded, share
from lib.domain.sentiment import Mention, Method
from lib.tickers.figures import ConfidenceBand, MethodShare, TickerAccuracy
from lib.tickers.resolver import Resolver

_SEED = "tickers"
_METHODS: tuple[Method, ...] = get_args(Method)
# the lower ends; the last one's upper end is 1
_BANDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)
# of each group of mentions these are counted
_MENTIONS, _RIGHT, _FOUND = range(3)
_GROUPS = 1 + len(_METHODS) + len(_BANDS)
# of each post, before its groups: tickers that are listed, and all
_LISTED, _MARKED, _FIRST = range(3)


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


class Finder(Protocol):
    """Finds stocks in a text, each at most once."""

    def resolve(self, text: str, /) -> Iterable[Mention]: ...


def marked_posts(rows: Iterable[Mapping[str, Any]]) -> list[MarkedPost]:
    """Posts from rows as they stand in files: `text` and `spans`, each with start, end, label and text."""
    return [msgspec.convert(row, MarkedPost) for row in rows]


def evaluate(resolver: Resolver, posts: Sequence[MarkedPost], finder: Finder | None = None) -> TickerAccuracy:
    """The figures of `resolver` on `posts`, or those of `finder`, for which `resolver` only says what is listed.

    The same for the same posts. Shares of nothing are 0.
    """
    counts = np.zeros((len(posts), _GROUPS, 3))
    marked = np.zeros((len(posts), _FIRST))
    for place, post in enumerate(posts):
        tickers = [span for span in post.spans if span.label == "ticker"]
        companies = [span for span in post.spans if span.label == "company"]
        symbols = {span.text.strip("$ ").upper(): resolver.symbol_of(span.text) for span in tickers}
        meant = {symbol for symbol in symbols.values() if symbol is not None}
        unlisted = sum(symbol is None for symbol in symbols.values())
        marked[place] = (len(meant), len(meant) + unlisted)
        for mention in (finder or resolver).resolve(post.text):
            named = any(span.start < mention.end and mention.start < span.end for span in companies)
            is_marked = mention.symbol in meant
            for group in _groups(mention):
                counts[place, group] += (1, named or is_marked, is_marked)
    columns = np.concatenate([marked, counts.reshape(len(posts), 3 * _GROUPS)], axis=1)
    return _figures(len(posts), columns.sum(axis=0), resampled_sums(columns, _SEED))


def _groups(mention: Mention) -> tuple[int, int, int]:
    """Where a mention counts: among all, those of its method, and those of like confidence."""
    band = max(index for index, low in enumerate(_BANDS) if mention.confidence >= low)
    return 0, 1 + _METHODS.index(mention.method), 1 + len(_METHODS) + band


def _figures(posts: int, whole: Numbers, resampled: Numbers) -> TickerAccuracy:
    def count(group: int, what: int) -> int:
        return _FIRST + 3 * group + what

    def mentions(group: int) -> int:
        return int(whole[count(group, _MENTIONS)])

    def precision(group: int) -> tuple[float, tuple[float, float]]:
        return _estimate(whole, resampled, count(group, _RIGHT), count(group, _MENTIONS))

    def recall(group: int, of: int = _LISTED) -> tuple[float, tuple[float, float]]:
        return _estimate(whole, resampled, count(group, _FOUND), of)

    methods = tuple(enumerate(_METHODS, 1))
    bands = tuple(enumerate(zip(_BANDS, (*_BANDS[1:], 1.0), strict=True), 1 + len(_METHODS)))
    return TickerAccuracy(
        posts,
        mentions(0),
        int(whole[_LISTED]),
        int(whole[_MARKED] - whole[_LISTED]),
        *precision(0),
        *recall(0),
        *recall(0, _MARKED),
        methods=tuple(
            MethodShare(method, mentions(group), *precision(group), *recall(group))
            for group, method in methods
            if mentions(group)
        ),
        bands=tuple(
            ConfidenceBand(low, high, mentions(group), *precision(group))
            for group, (low, high) in bands
            if mentions(group)
        ),
    )


def _estimate(whole: Numbers, resampled: Numbers, part: int, of: int) -> tuple[float, tuple[float, float]]:
    return rounded(share(whole[part], whole[of]).item()), interval_of_share(resampled[:, part], resampled[:, of])
