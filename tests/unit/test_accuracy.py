"""Held-out texts are labelled as well as promised, and what is published are the figures of what is shipped."""

import pytest

from lib.scoring.evaluation.folder import Folder
from lib.scoring.evaluation.publish import measured
from lib.scoring.evaluation.published import Published, published
from lib.scoring.registry import SCORERS
from tests.support.data import data_file

# semeval17_headline labels hardly anything neutral, the texts that finance@1 learned from most: it barely beats VADER
_FLOORS = {
    "tfns": 0.79, "sentfin": 0.84, "sentfin (per entity)": 0.75, "fiqa": 0.52, "semeval17_headline": 0.41,
    "phrasebank": 0.599, "phrasebank_ko": 0.65, "stockemotions": 0.55,
}  # fmt: skip


@pytest.fixture(scope="module")
def fresh() -> Published:
    """What the scorers are measured to be now, on real texts."""
    return measured(Folder(data_file("sentiment_dev.jsonl.gz").parent).texts(), SCORERS)


def test_held_out_texts_are_labelled_as_well_as_promised(fresh: Published) -> None:
    [finance] = [scorer for scorer in fresh.scorers if scorer.name == "finance@1"]
    found = {of.name: of.macro_f1 for of in finance.sets}
    assert found.keys() == _FLOORS.keys()
    missed = {name: found[name] for name, floor in _FLOORS.items() if found[name] < floor}
    assert not missed


def test_published_figures_are_those_of_the_scorers_that_are_shipped(fresh: Published) -> None:
    assert fresh.scorers == published().scorers, "run `make evaluate`"
