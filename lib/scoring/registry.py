"""Every scorer by its name and version. It does not know which of them answers are given from: that is a setting.

A version is a promise: the same text scores the same for ever. A changed rule is a new version beside the old one.
"""

from collections.abc import Mapping
from typing import Protocol

from lib.domain.sentiment import Score
from lib.errors import UnknownScorer
from lib.scoring.finance.scorer import Finance
from lib.scoring.korean import Korean
from lib.scoring.routing import ByLanguage
from lib.scoring.vader import Vader


class Scorer(Protocol):
    """Reads a text. `name` is `family@version`."""

    @property
    def name(self) -> str: ...

    def score(self, text: str, *, lang: str | None = None) -> Score:
        """The verdict on `text`; `lang` is its language as the source gave it (`en`, `ko`, …), None if it did not."""
        ...


_KOREAN = Korean()

SCORERS: Mapping[str, Scorer] = {
    scorer.name: scorer for scorer in (ByLanguage("finance@1", korean=_KOREAN, other=Finance()), _KOREAN, Vader())
}


def get_scorer(name: str) -> Scorer:
    """The scorer `name`, such as `vader@1`. Raises UnknownScorer naming those that exist."""
    try:
        return SCORERS[name]
    except KeyError:
        raise UnknownScorer(
            f"There is no scorer {name[:60]!r}.", hint=f"Those that exist: {', '.join(sorted(SCORERS))}."
        ) from None
