"""The measures are the usual ones, the published figures fit the scorers, and held-out texts are labelled well."""

import pytest

from lib.domain.sentiment import Label
from lib.scoring.evaluation.measures import measure
from lib.scoring.evaluation.published import Published, TickerFigures, overall_accuracy, published
from lib.scoring.evaluation.report import page
from lib.scoring.evaluation.run import PER_ENTITY, evaluate
from lib.scoring.registry import SCORERS, get_scorer
from lib.scoring.training.examples import read_examples
from tests.support.data import data_file

_FLOORS = {
    "tfns": 0.79, "sentfin": 0.84, "sentfin (per entity)": 0.75, "fiqa": 0.472, "semeval17_headline": 0.584,
    "phrasebank": 0.599, "stockemotions": 0.53,
}  # fmt: skip


def test_measures_of_a_known_confusion() -> None:
    truth: list[Label] = ["positive", "positive", "neutral", "negative"]
    given: list[Label] = ["positive", "neutral", "neutral", "positive"]
    figures = measure(truth, given, [0.9, 0.0, 0.0, 0.9])
    assert figures.accuracy == 0.5
    assert figures.confusion == ((1, 1, 0), (0, 1, 0), (1, 0, 0))
    assert figures.macro_f1 == pytest.approx((0.5 + 2 / 3 + 0) / 3, abs=1e-4)
    assert figures.classes["neutral"].recall == 1
    assert figures.accuracy_interval[0] <= 0.5 <= figures.accuracy_interval[1]
    assert figures.calibration_error == pytest.approx((1.8 + 1.0) / 4)
    assert figures == measure(truth, given, [0.9, 0.0, 0.0, 0.9])


def test_figures_are_published_for_every_scorer() -> None:
    assert set(SCORERS) <= published().scorers.keys()
    assert all(overall_accuracy(name) for name in SCORERS)
    assert overall_accuracy("no@1") is None


def test_the_page_has_a_place_for_tickers() -> None:
    found = Published("dev", published().scorers, {"resolver": {"spans": TickerFigures(10, 0.9, 0.8)}})
    assert "| resolver | spans | 10 | 0.900 | 0.800 |" in page(found)


def test_held_out_texts_are_labelled_as_well_as_promised() -> None:
    found = evaluate(
        get_scorer("finance@1"),
        read_examples(
            data_file("sentiment_dev.jsonl.gz"),
            ("tfns", "sentfin", "fiqa", "semeval17_headline", "phrasebank", "stockemotions"),
        ),
    )
    assert PER_ENTITY.format("sentfin") in found
    missed = {name: found[name].macro_f1 for name, floor in _FLOORS.items() if found[name].macro_f1 < floor}
    assert not missed
