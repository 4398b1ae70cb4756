"""Which scorers there are, and whether one that was asked for exists. It does not score."""

import inspect
from functools import cache

from api.sentiment.schemas import ScorerItem, ScorerList
from lib.scoring.evaluation.published import figures_of, published
from lib.scoring.provenance import PROVENANCE
from lib.scoring.registry import SCORERS, get_scorer


def check_scorer(name: str, *, known: bool) -> None:
    """Raises UnknownScorer, naming those that exist, unless `name` has scored before (`known`) or could."""
    if not known:
        get_scorer(name)


@cache
def scorer_list(default: str) -> ScorerList:
    """Every scorer by name with its figures; `default` is the one that answers use where none is asked for."""
    found = published()
    return ScorerList(
        items=[_item(name, default) for name in sorted(SCORERS)],
        baselines=list(found.baselines),
        sets=list(found.sets),
        tickers=list(found.tickers),
        missing=list(found.missing),
    )


def _item(name: str, default: str) -> ScorerItem:
    origin, figures = PROVENANCE[name], figures_of(name)
    whole = figures.overall if figures else None
    return ScorerItem(
        name=name,
        default=name == default,
        description=_description(SCORERS[name]),
        languages=list(origin.languages),
        learned_from=list(origin.learned_from),
        accuracy=whole.accuracy if whole else None,
        macro_f1=whole.macro_f1 if whole else None,
        overall=whole,
        unseen=figures.unseen if figures else None,
        sets=list(figures.sets) if figures else [],
    )


def _description(scorer: object) -> str:
    """The first sentence of the scorer's module, which says what it is."""
    module = inspect.getmodule(type(scorer))
    text = " ".join((inspect.getdoc(module) or "").split("\n\n")[0].split())
    return text.split(". ")[0].rstrip(".") + "."
