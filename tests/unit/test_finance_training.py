"""Training gives the same bytes from the same texts, keeps near-duplicates together, and tells good from bad."""

import numpy as np
import pytest

from lib.domain.sentiment import Label
from lib.scoring.finance.about import word_range
from lib.scoring.finance.features import of_word
from lib.scoring.finance.weights import Weights
from lib.scoring.finance.words import spans
from lib.scoring.labelled import LabelledText
from lib.scoring.training.calibrate import best_threshold, decide, macro_f1, probabilities
from lib.scoring.training.folds import fold_of_each
from lib.scoring.training.margins import separate
from lib.scoring.training.matrix import Table
from lib.scoring.training.train import packed, train, views_of
from tests.support.finance import invented, learned, small_scorer


def test_the_same_texts_and_seed_give_the_same_bytes() -> None:
    assert packed(train(invented())) == packed(learned())


def test_what_was_learned_is_scored() -> None:
    scorer = small_scorer()
    assert scorer.score("Fabrikam stock soars").value > scorer.score("Fabrikam names a new director").value
    assert scorer.score("Fabrikam stock plunges").value < scorer.score("Fabrikam names a new director").value


def test_scoring_and_training_see_the_same_evidence() -> None:
    scorer = small_scorer()
    weights = Weights(learned())
    for text in ("Acme Corp profit falls 20 % while Elmwood stock soars", "$CYAN beats estimates: not bad, 5 vs. 6"):
        entities: dict[str, Label] = {"Elmwood": "neutral"} if "Elmwood" in text else {}
        example = LabelledText(dataset="tfns", text=text, label="neutral", entities=entities)
        for view in views_of([example], frozenset(learned().common)):
            evidence, square = 0j, 0.0
            for feature, (value, squared) in view.counts.items():
                if feature in weights.table:
                    evidence += value * weights.table[feature]
                    square += squared
            words, _, parts = weights.words.read(text)
            weighed = weights.weigh(words)
            start = text.find("Elmwood")
            named = word_range(spans(text, parts), start, start + len("Elmwood"))
            found = weights.of_mention(weighed, *named) if view.mention else weighed.odds
            assert np.isclose(found, weighed.intercept + evidence / np.sqrt(square))
    assert of_word(weights.words.read("Acme")[0][0], 0) == [(("w", "ENT"), 1.0)]
    assert scorer.name == "finance@1"


def test_near_duplicates_share_a_fold() -> None:
    texts = [f"Alpha reports quarter {n} profit up {n} %" for n in range(40)] + ["an entirely other text"]
    assert len(set(fold_of_each(texts, 5, 1)[:40])) == 1


@pytest.mark.parametrize("seed", range(8))
def test_the_first_of_near_duplicates_decides_their_fold(seed: int) -> None:
    # which pairs of words are met first depends on the process, and must not matter
    texts = [f"Alpha reports quarter {n} profit up {n} % at last" for n in range(3)]
    texts += ["profit up 5 % at last while Beta reports quarter", "Beta reports quarter while profit up"]
    assert set(fold_of_each(texts, 1000, seed)[:3]) == set(fold_of_each(texts[:1], 1000, seed))


def test_a_separator_is_the_minimum() -> None:
    table = Table([1, 1, 1, 2], [0, 0, 1, 0, 1], [1.0, -1.0, 2.0, 0.5, -1.0], [1.0] * 5)
    rows = table.rows(np.full(4, True), np.array([0, 1]))
    signs, importance = np.array([1.0, -1.0, 1.0, -1.0]), np.ones(4)

    believed = np.array([0.5, -0.2])

    def cost(weights: np.ndarray) -> float:
        short = np.maximum(0, 1 - signs * (rows.times(weights[:-1]) + weights[-1]))
        moved = weights - np.append(believed, 0.0)
        return float(0.5 * moved @ moved + importance @ short**2)

    best = separate(rows, signs, importance, 1.0, believed)
    rng = np.random.default_rng(1)
    assert all(cost(best) <= cost(best + 0.01 * rng.normal(size=3)) + 1e-9 for _ in range(200))


def test_the_threshold_is_next_to_the_best_on_the_texts_it_is_given() -> None:
    rng = np.random.default_rng(2)
    labels = rng.choice(3, size=3000, p=[0.2, 0.7, 0.1])
    odds = rng.normal(size=(3000, 3)) + 2 * np.eye(3)[labels]
    found = best_threshold(odds, labels, ["one"] * 3000)
    chances = probabilities(odds)
    difference = chances[:, 0] - chances[:, 2]
    best = macro_f1(labels, decide(difference, found))
    assert all(macro_f1(labels, decide(difference, other)) <= best + 0.002 for other in (0.04, 0.1, 0.2, 0.4, 0.6))
    assert macro_f1(labels, labels) == 1.0
