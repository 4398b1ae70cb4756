"""The numbers that answers about sentiment share, each with what it means. They are the words of docs/api.md."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from lib.domain.confidence import Confidence

Score = Annotated[float | None, Meta(description="Mean of the posts, -1 to 1; null without posts.", examples=[0.213])]
Buzz = Annotated[
    float | None,
    Meta(
        description="How unusual the number of posts is: its distance from the median of the 30 windows before, in "
        "robust standard deviations. Null where fewer than 7 of them are known.",
        examples=[4.5],
    ),
]
Confident = Annotated[
    Confidence,
    Meta(
        description="`high` from 50 posts by 20 authors on, `medium` from 10 by 5, `low` below, `none` without posts."
    ),
]
Confidences = Annotated[
    list[Confidence],
    Meta(
        description="How far each mean can be trusted, as `confidence` has it; `none` where nobody spoke.",
        examples=[["medium", "low"]],
    ),
]
Authors = Annotated[int, Meta(description="Distinct authors; exact up to 255, within about 6 % above.", examples=[57])]
Counts = Annotated[list[int], Meta(examples=[[42, 57]])]
SomeCounts = Annotated[list[int | None], Meta(examples=[[42, None]])]
FilteredPosts = Annotated[
    int,
    Meta(
        description="Posts without copies: of reposts, and of what is said in nearly the same words within three days, "
        "only the first counts, wherever it appeared.",
        examples=[74],
    ),
]
FilteredScore = Annotated[
    float | None,
    Meta(description="Mean of the posts without copies; null where there are none.", examples=[0.184]),
]
Concentration = Annotated[
    float | None,
    Meta(
        description="Share of the posts that the busiest author wrote, 0 to 1; null where no author is known.",
        examples=[0.08],
    ),
]
NewAccounts = Annotated[
    float | None,
    Meta(
        description="Share of posts by accounts younger than 30 days, of the posts whose account's age is known, "
        "0 to 1; null where none is.",
        examples=[0.03],
    ),
]
SampleFlag = Annotated[bool, Meta(description="True where anything in this answer is of the invented sample archive.")]
AsOfEcho = Annotated[datetime | None, Meta(description="The moment that was asked about; null for now.")]

FilteredCounts = Annotated[
    list[int], Meta(description="Posts without copies of what was said within three days before.", examples=[[9, 7]])
]
SomeFilteredCounts = Annotated[
    list[int | None],
    Meta(description="Posts without copies of what was said within three days before.", examples=[[9, None]]),
]
FilteredScores = Annotated[
    list[float | None], Meta(description="Mean without copies; null where all were copies.", examples=[[0.2, None]])
]
Concentrations = Annotated[
    list[float | None],
    Meta(
        description="Share of the posts that the busiest author wrote; null where no author is known.",
        examples=[[0.11, 0.29]],
    ),
]
NewAccountShares = Annotated[
    list[float | None],
    Meta(
        description="Share of posts by accounts younger than 30 days, of those whose account's age is known; null "
        "where none is.",
        examples=[[0.0, None]],
    ),
]
Bursts = Annotated[
    list[float | None],
    Meta(
        description="How unusual the number of posts is beside the 30 intervals before it, as `buzz`; null where fewer "
        "than 7 of them are known.",
        examples=[[0.4, 12.1]],
    ),
]
