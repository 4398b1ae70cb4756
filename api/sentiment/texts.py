"""The shapes of answers about single texts: posts with their readings, and a text that is sent to be read."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from api.measures import SampleFlag
from lib.domain.sentiment import Label, Method

MOST_CHARACTERS = 20_000


class TermItem(Struct, frozen=True):
    """One reason of a score: the words at code points [start, end), and what they weigh before squashing.

    An empty text is the rest: everything too small to be named.
    """

    text: Annotated[str, Meta(examples=["great"])]
    start: int
    end: int
    weight: Annotated[float, Meta(examples=[3.1])]


class MentionItem(Struct, frozen=True):
    """A symbol recognised at code points [start, end) of title, line break and text. `score` and `label` say how the
    text speaks of this one; they are null until the scorer has read it.
    """

    symbol: Annotated[str, Meta(examples=["AAPL"])]
    method: Method
    confidence: Annotated[float, Meta(description="How surely it is meant, 0 to 1.", examples=[0.99])]
    start: int
    end: int
    score: Annotated[float | None, Meta(description="-1 to 1.", examples=[0.6588])]
    label: Label | None


class PostItem(Struct, frozen=True, kw_only=True):
    """A post with its reading; scores and labels are null until the scorer has read it. `score` is about the whole
    text, `mention_score` about the symbol that was asked for, and that one is counted.
    """

    source: Annotated[str, Meta(examples=["reddit"])]
    external_id: Annotated[str, Meta(description="The post's id at its source.")]
    author: str | None
    published_at: datetime
    lang: Annotated[str | None, Meta(examples=["ko"])]
    title: str | None
    text: Annotated[str, Meta(examples=["$AAPL crushed it again, great quarter!"])]
    url: str | None
    score: Annotated[float | None, Meta(description="-1 to 1.", examples=[0.6588])]
    label: Label | None
    explanation: Annotated[list[TermItem], Meta(description="The reasons of `score`, over title, line break and text.")]
    mention_score: Annotated[float | None, Meta(description="-1 to 1.", examples=[0.6588])]
    mention_label: Label | None
    is_copy: Annotated[
        bool,
        Meta(description="Nearly the same was said in the three days before: it counts in the raw series alone."),
    ]
    mentions: list[MentionItem]


class PostPage(Struct, frozen=True, kw_only=True):
    """Posts, the latest first; `next` is the `cursor` of the following page."""

    scorer: Annotated[str, Meta(examples=["finance@1"])]
    sample: SampleFlag
    items: list[PostItem]
    next: str | None


class AnalyzeRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A text to read."""

    text: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=MOST_CHARACTERS,
            description="At most 20,000 characters.",
            examples=["$AAPL crushed it again, great quarter!", "삼성전자 실적이 정말 좋네요"],
        ),
    ]
    scorer: Annotated[str | None, Meta(description="The default where it is missing.", examples=["finance@1"])] = None
    lang: Annotated[
        Annotated[str, Meta(max_length=20)] | None,
        Meta(description="The language, where you know it.", examples=["en", "ko"]),
    ] = None


class Analysis(Struct, frozen=True, kw_only=True):
    """The reading of a text. The weights of `explanation` add up to `raw`, which the scorer squashes into `score`; each
    of `mentions` has a score of its own.
    """

    scorer: Annotated[str, Meta(examples=["finance@1"])]
    score: Annotated[float, Meta(description="-1 to 1.", examples=[0.6588])]
    label: Label
    raw: float
    explanation: list[TermItem]
    mentions: list[MentionItem]
