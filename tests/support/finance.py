"""A small finance scorer, learned from a few invented texts. Its figures mean nothing; its rules are the real ones."""

from functools import cache
from itertools import product

from lib.domain.sentiment import Label
from lib.scoring.finance.scorer import Finance
from lib.scoring.finance.weights import Stored, Weights
from lib.scoring.labelled import LabelledText
from lib.scoring.training.train import train

_GOOD = ("profit rises 20 %", "beats estimates", "upgraded to buy", "stock soars", "wins a contract 🚀")
_BAD = ("profit falls 20 %", "misses estimates", "cut to sell", "stock plunges", "faces a fraud probe 📉")
_PLAIN = ("names a new director", "reports on monday", "holds its annual meeting", "opens an office", "lists a bond")
_NAMES = ("Acme Corp", "Borealis", "$CYAN", "Dunmore Group")


def invented() -> list[LabelledText]:
    """Sixty-eight texts, some of them about two companies of which one rises and one falls."""
    labelled: tuple[tuple[Label, tuple[str, ...]], ...] = (("positive", _GOOD), ("negative", _BAD), ("neutral", _PLAIN))
    texts = [
        LabelledText(
            dataset="tfns" if name.startswith("$") else "sentfin",
            text=f"{name} {said}",
            label=label,
            entities={name: label},
        )
        for label, sayings in labelled
        for said, name in product(sayings, _NAMES)
    ]
    pairs = zip(_GOOD, _BAD, _NAMES * 2, strict=False)
    return texts + [
        LabelledText(
            dataset="sentfin",
            text=f"{name} {good} while Elmwood {bad}",
            label="mixed",
            entities={name: "positive", "Elmwood": "negative"},
        )
        for good, bad, name in pairs
    ]


@cache
def learned() -> Stored:
    """Its weights."""
    return train(invented())


@cache
def small_scorer() -> Finance:
    """The scorer."""
    return Finance(Weights(learned()))
