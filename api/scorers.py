"""Which scorers there are, and whether one that was asked for exists. It does not score."""

import inspect

from api.sentiment.schemas import ScorerItem
from lib.scoring.registry import SCORERS, get_scorer


def check_scorer(name: str, *, known: bool) -> None:
    """Raises UnknownScorer, naming those that exist, unless `name` has scored before (`known`) or could."""
    if not known:
        get_scorer(name)


def scorer_list(default: str) -> list[ScorerItem]:
    """Every scorer by name; `default` is the one that answers use where none is asked for."""
    return [
        ScorerItem(name=name, default=name == default, description=_description(scorer), accuracy=scorer.accuracy)
        for name, scorer in sorted(SCORERS.items())
    ]


def _description(scorer: object) -> str:
    """The first sentence of the scorer's module, which says what it is."""
    module = inspect.getmodule(type(scorer))
    text = " ".join((inspect.getdoc(module) or "").split("\n\n")[0].split())
    return text.split(". ")[0].rstrip(".") + "."
