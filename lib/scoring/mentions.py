"""How a text speaks of each of its mentions, by any scorer. It does not know how mentions are found."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from lib.scoring.registry import Scorer


@runtime_checkable
class ScoresMentions(Protocol):
    """A scorer that says of each mention by itself how a text speaks of it."""

    def score_mentions(self, text: str, places: list[tuple[int, int]]) -> list[float]:
        """A value in [-1, 1] for each place, code points [start, end) of `text`."""
        ...


@runtime_checkable
class Routes(Protocol):
    """A scorer that lets others answer."""

    def route(self, text: str, *, lang: str | None = None) -> "Scorer":
        """Who answers for `text`."""
        ...


def values_of_mentions(
    scorer: "Scorer",
    text: str,
    places: Sequence[tuple[int, int]],
    *,
    lang: str | None = None,
    whole: float | None = None,
) -> list[float]:
    """A value in [-1, 1] for each place by whoever answers for `scorer`. One that does not tell mentions apart says of
    each what it says of the text: `whole`, if that is known already.
    """
    answering = scorer.route(text, lang=lang) if isinstance(scorer, Routes) else scorer
    if isinstance(answering, ScoresMentions):
        return answering.score_mentions(text, list(places))
    value = answering.score(text, lang=lang).value if whole is None else whole
    return [value] * len(places)
