"""Mentions, scores and buckets. It does not know how a text is read, only what a reading looks like."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

import msgspec

Label = Literal["positive", "neutral", "negative"]
Method = Literal["cashtag", "name", "alias", "ticker"]

BUCKET = timedelta(minutes=5)


# gc=False: nothing in these can lead back to them, and the collector need not look at thousands of them
class Mention(msgspec.Struct, frozen=True, gc=False):
    """A symbol recognised in a text: how, how surely (0..1), and where (code points [start, end))."""

    symbol: str
    method: Method
    confidence: float
    start: int
    end: int


class Term(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One reason of a score: the words at [start, end) and the weight they add before squashing."""

    text: str
    start: int
    end: int
    weight: float


class Score(msgspec.Struct, frozen=True, gc=False):
    """A verdict in [-1, 1]. The weights of `explanation` add up to `raw`, which the scorer squashes into `value`."""

    value: float
    label: Label
    raw: float
    explanation: tuple[Term, ...]


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one symbol, scorer and source in [start, start + 5 min). `score_sum` is exact in any order."""

    symbol: str
    scorer: str
    source: str
    start: datetime
    posts: int
    authors: int
    positive: int
    negative: int
    score_sum: Decimal
