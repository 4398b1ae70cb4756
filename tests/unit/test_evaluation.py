"""Scorers are measured on the sets they should be, and what is published belongs together."""

from pathlib import Path

import pytest

from lib.scoring.evaluation.baseline import LoughranMcDonald
from lib.scoring.evaluation.folder import Folder
from lib.scoring.evaluation.page import page
from lib.scoring.evaluation.publish import BESIDE, measured
from lib.scoring.evaluation.published import FILE, Published, published, read, write
from lib.scoring.evaluation.readme import LANGUAGES, with_tables
from lib.scoring.evaluation.run import run
from lib.scoring.evaluation.sets import groups
from lib.scoring.labelled import LabelledText
from lib.scoring.provenance import PROVENANCE
from lib.scoring.registry import SCORERS, get_scorer
from tests.support.labelled import TEXTS, lay_out

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """What is measured on a few invented texts."""
    folder = Folder(lay_out(tmp_path_factory.mktemp("small") / "data"))
    lists = folder.word_lists()
    assert isinstance(lists, LoughranMcDonald)
    return measured(folder.texts(), SCORERS, [lists])


def test_sets_are_texts_by_label_and_entities_by_theirs(small: Published) -> None:
    assert [(of.name, of.of, of.texts, of.left_out) for of in small.sets] == [
        ("tfns", "texts", 3, 0),
        ("sentfin", "texts", 1, 1),
        ("sentfin (per entity)", "entities", 3, 1),
        ("phrasebank_ko", "texts", 2, 0),
        ("letters", "texts", 1, 0),
    ]
    own = small.sets[-1]
    assert (own.about, own.licence, own.languages) == ("letter", "mine", ("en",))


def test_an_entity_stands_by_itself_rather_than_within_a_word() -> None:
    text = LabelledText(
        dataset="s", text="İ Applebees, APPLE", label="mixed", entities={"Apple": "positive", "bees": "neutral"}
    )
    [group] = groups([text])
    assert group.cases[0].places == ((13, 18), (7, 11))


def test_scorers_read_sets_in_their_languages_and_vader_reads_all(small: Published) -> None:
    read_by = {scorer.name: [of.name for of in scorer.sets] for scorer in small.scorers}
    every = [of.name for of in small.sets]
    assert read_by == {"finance@1": every, "korean@1": ["phrasebank_ko"], "vader@1": every}
    overall = {scorer.name: scorer.overall.sets for scorer in small.scorers if scorer.overall}
    assert overall == {
        "finance@1": ("tfns", "sentfin", "phrasebank_ko", "letters"),
        "korean@1": ("phrasebank_ko",),
        "vader@1": ("tfns", "sentfin", "letters"),
    }
    finance = small.scorers[0]
    assert finance.unseen is not None
    assert finance.unseen.sets == ("phrasebank_ko", "letters")
    assert [of.name for of in finance.sets if of.learned_from] == ["tfns", "sentfin", "sentfin (per entity)"]


def test_baselines_read_every_set_and_stand_beside_vader(small: Published) -> None:
    lists, most_frequent = small.baselines
    assert (lists.name, most_frequent.name) == ("Loughran-McDonald", "most frequent label")
    assert [one.called for one in lists.sets[0].classes] == [
        {"positive": 1, "neutral": 0, "negative": 0},
        {"positive": 0, "neutral": 1, "negative": 0},
        {"positive": 0, "neutral": 0, "negative": 1},
    ]
    assert most_frequent.sets[0].accuracy == 0.3333
    for scorer in (*small.scorers, *small.baselines):
        assert all((of.over_vader is None) == (scorer.name == BESIDE) for of in scorer.sets)


def test_a_routed_scorer_speaks_of_entities_as_whoever_answers() -> None:
    mixed = LabelledText(
        dataset="s",
        text="Apple soars while Intel sinks",
        label="mixed",
        entities={"Apple": "positive", "Intel": "negative"},
    )
    korean = LabelledText(
        dataset="k", text="애플 급등, 호재", label="positive", lang="ko", entities={"애플": "positive"}
    )
    found = run(get_scorer("finance@1"), groups([mixed, korean]))
    plain = run(get_scorer("korean@1"), groups([korean]))
    assert (found["k (per entity)"].whole == plain["k (per entity)"].whole).all()
    assert (found["k (per entity)"].whole == found["k"].whole).all()
    # the two entities are not given one value, as by a scorer of the whole text
    assert (run(get_scorer("vader@1"), groups([mixed]))["s (per entity)"].whole != found["s (per entity)"].whole).any()


def test_every_scorer_says_what_it_learned_from_and_is_published() -> None:
    assert PROVENANCE.keys() == SCORERS.keys()
    assert [scorer.name for scorer in published().scorers] == sorted(SCORERS)
    assert all(scorer.overall for scorer in published().scorers)
    assert published().tickers
    assert not published().missing


def test_what_is_published_belongs_together() -> None:
    figures = PROJECT / "lib" / "scoring" / "evaluation" / FILE
    assert write(read(figures.read_bytes())) == figures.read_bytes()
    assert page(published()) == (PROJECT / "docs" / "accuracy.md").read_text("utf-8")
    for name, words in LANGUAGES.items():
        readme = (PROJECT / name).read_text("utf-8")
        assert with_tables(readme, published(), words) == readme


def test_figures_are_all_that_is_published(small: Published) -> None:
    # nothing of the texts may be passed on: most may not, by their licence
    everything = write(small).decode() + page(small)
    for row in TEXTS:
        assert row["text"] not in everything
        assert not any(name in everything for name in row.get("entities", {}))
