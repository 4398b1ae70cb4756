"""The shape of what was measured of finding tickers. It measures nothing."""

from typing import Annotated

import msgspec
from msgspec import Meta

from lib.domain.sentiment import Method

Interval = Annotated[
    tuple[float, float], Meta(description="95 % of 2,000 resamplings lie between.", examples=[[0.91, 0.97]])
]

_Precision = Annotated[float, Meta(description="Share of the mentions that are right.", examples=[0.97])]
_Recall = Annotated[
    float, Meta(description="Share of the marked tickers that are listed that was found.", examples=[0.88])
]


class MethodShare(msgspec.Struct, frozen=True):
    """Of the mentions that were recognised in one way: how many, what share of them is right, and what share of all
    marked tickers they found.
    """

    method: Method
    mentions: int
    precision: _Precision
    precision_interval: Interval
    recall: _Recall
    recall_interval: Interval


class ConfidenceBand(msgspec.Struct, frozen=True):
    """Of the mentions whose confidence is in [low, high): how many, and what share of them is right."""

    low: float
    high: float
    mentions: int
    precision: _Precision
    precision_interval: Interval


class TickerAccuracy(msgspec.Struct, frozen=True):
    """What share of the mentions is right, and what share of the marked tickers was found, in posts that people marked.

    A ticker counts once a post. `recall` is of those that are listed, for nobody can name the symbol of others;
    `recall_of_all` is of all. A mention is right if its symbol was marked in the post, or if it stands on words that
    were marked as a company.
    """

    posts: int
    mentions: int
    marked: Annotated[int, Meta(description="Listed tickers that people marked, each once a post.")]
    unlisted: Annotated[int, Meta(description="Marked tickers that no listing has, such as funds and indices.")]
    precision: _Precision
    precision_interval: Interval
    recall: _Recall
    recall_interval: Interval
    recall_of_all: Annotated[float, Meta(description="Share of all marked tickers that were found, listed or not.")]
    recall_of_all_interval: Interval
    methods: tuple[MethodShare, ...]
    bands: Annotated[
        tuple[ConfidenceBand, ...], Meta(description="The least confident first; empty ones are left out.")
    ]
