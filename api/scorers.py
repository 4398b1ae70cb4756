"""Which scorers there are, and whether one that was asked for exists. It does not score."""

import inspect

from api.sentiment.schemas import ScorerItem, SetFigures
from lib.scoring.evaluation.published import overall_accuracy, published
from lib.scoring.registry import SCORERS, get_scorer


def check_scorer(name: str, *, known: bool) -> None:
    """Raises UnknownScorer, naming those that exist, unless `name` has scored before (`known`) or could."""
    if not known:
        get_scorer(name)


def scorer_list(default: str) -> list[ScorerItem]:
    """Every scorer by name; `default` is the one that answers use where none is asked for."""
    return [
        ScorerItem(
            name=name,
            default=name == default,
            description=_description(scorer),
            accuracy=overall_accuracy(name),
            sets=_sets(name),
        )
        for name, scorer in sorted(SCORERS.items())
    ]


def _sets(name: str) -> list[SetFigures]:
    return [
        SetFigures(
            name=of,
            texts=figures.texts,
            accuracy=figures.accuracy,
            accuracy_interval=figures.accuracy_interval,
            macro_f1=figures.macro_f1,
            macro_f1_interval=figures.macro_f1_interval,
            calibration_error=figures.calibration_error,
        )
        for of, figures in published().scorers.get(name, {}).items()
    ]


def _description(scorer: object) -> str:
    """The first sentence of the scorer's module, which says what it is."""
    module = inspect.getmodule(type(scorer))
    text = " ".join((inspect.getdoc(module) or "").split("\n\n")[0].split())
    return text.split(". ")[0].rstrip(".") + "."
