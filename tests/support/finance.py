"""A small finance scorer, learned from a few invented texts. Its figures mean nothing; its rules are the real ones."""

from functools import cache
from itertools import product

from lib.domain.sentiment import Label
from lib.scoring.finance.scorer import Finance
from lib.scoring.finance.weights import Stored, Weights
from lib.scoring.training.examples import Example
from lib.scoring.training.train import train

_GOOD = ("profit rises 20 %", "beats estimates", "upgraded to buy", "stock soars", "wins a contract 🚀")
_BAD = ("profit falls 20 %", "misses estimates", "cut to sell", "stock plunges", "faces a fraud probe 📉")
_PLAIN = ("names a new director", "reports on monday", "holds its annual meeting", "opens an office", "lists a bond")
_NAMES = ("Acme Corp", "Borealis", "$CYAN", "Dunmore Group")


def invented() -> list[Example]:
    """Sixty-eight texts, some of them about two companies of which one rises and one falls."""
    labelled: tuple[tuple[Label, tuple[str, ...]], ...] = (("positive", _GOOD), ("negative", _BAD), ("neutral", _PLAIN))
    texts = [
        Example("tfns" if name.startswith("$") else "sentfin", f"{name} {said}", label, {name: label})
        for label, sayings in labelled
        for said, name in product(sayings, _NAMES)
    ]
    pairs = zip(_GOOD, _BAD, _NAMES * 2, strict=False)
    return texts + [
        Example("sentfin", f"{name} {good} while Elmwood {bad}", None, {name: "positive", "Elmwood": "negative"})
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
