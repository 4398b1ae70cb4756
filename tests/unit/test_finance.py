"""`finance@1` scores whatever text it is given, in linear time, with reasons that add up and masked names."""

import math
import sys
from hashlib import sha256
from importlib import resources
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.domain.sentiment import Score
from lib.scoring.finance.explain import MOST_TERMS
from lib.scoring.finance.lexicon import classes_of, lexicon
from lib.scoring.finance.scorer import Finance, squash
from lib.scoring.finance.weights import FILE, read_weights
from lib.scoring.finance.words import Words
from lib.scoring.registry import get_scorer
from lib.scoring.verdict import THRESHOLD, label_of
from tests.support.trials import trials

FINANCE = Finance()

_PIECES = [
    "profit", "falls", "rises", "20 %", "-3.5%", "$1.20", "vs.", "$TSLA", "🚀", "💎🙌", "not", "never", "beats", "EPS",
    "from", "to", "5", "million", "puts printing", "cost", "while", "as", ":", ";", "!!", "?", "https://t.co/x", "@who",
    "#bullish", "삼성전자", "급등", "أرباح", "رائع", "<b>up</b>", "&amp;", "\u202e", "\ud800", "\x00", "52-week high",
    "diamond hands", "Apple", "soars", "Intel", "sinks", ",", "...", "(", ")", "\u2066", "é", "ﬁ", "٣٫٥", "1,000", "+",
]  # fmt: skip
_TEXTS = st.one_of(st.lists(st.sampled_from(_PIECES), max_size=25).map(" ".join), st.text(max_size=200))


def assert_well_formed(text: str, score: Score) -> None:
    assert math.isclose(sum(term.weight for term in score.explanation), score.raw, abs_tol=1e-9)
    assert all(text[term.start : term.end] == term.text for term in score.explanation)
    assert all(term.weight and math.isfinite(term.weight) for term in score.explanation)
    assert len(score.explanation) <= MOST_TERMS + 1
    assert -1 <= score.value <= 1
    assert score.label == label_of(score.value)
    assert score.value == squash(score.raw, FINANCE.weights.stored.threshold)
    named = [term for term in score.explanation if term.text]
    assert all(a.end <= b.start for a, b in pairwise(named))


@given(_TEXTS)
@settings(max_examples=trials(800, 150), deadline=None)
@example("")
@example("🚀🚀🚀")
@example("\ud800 profit falls \udfff")
@example("<html><body>profit &amp; loss</body></html>")
@example("ارتفاع \u202e 20% profit")
def test_every_text_gets_a_score_with_reasons_that_add_up(text: str) -> None:
    score = FINANCE.score(text)
    assert_well_formed(text, score)
    assert FINANCE.score(text) == score


@given(_TEXTS, st.lists(st.tuples(st.integers(-3, 60), st.integers(-3, 60)), max_size=4))
@settings(max_examples=trials(300, 100), deadline=None)
def test_every_place_gets_a_value(text: str, places: list[tuple[int, int]]) -> None:
    values = FINANCE.score_mentions(text, places)
    assert len(values) == len(places)
    assert all(-1 <= value <= 1 for value in values)


@given(st.floats(-60, 60), st.floats(-60, 60), st.floats(0.04, 0.6))
def test_values_keep_the_order_of_raw(a: float, b: float, threshold: float) -> None:
    low, high = sorted((a, b))
    assert squash(low, threshold) <= squash(high, threshold)
    assert squash(-low, threshold) == -squash(low, threshold)


def test_a_label_begins_at_the_threshold() -> None:
    raw = 2 * math.atanh(0.3)
    assert squash(raw + 1e-9, 0.3) == THRESHOLD
    assert squash(raw - 1e-6, 0.3) < THRESHOLD


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("$AAPL beats estimates, raises guidance", "positive"),
        ("Shares plunge 20 % after profit warning", "negative"),
        ("Company names new chief financial officer", "neutral"),
        ("Unemployment falls to 3.5 %", "positive"),
        ("Profit down 20 %", "negative"),
        ("EPS beat", "positive"),
        ("diamond hands", "positive"),
        ("puts printing", "negative"),
        ("this is not good", "negative"),
        ("Costs rise sharply and margins shrink", "negative"),
        ("$GME to the moon 🚀🚀 diamond hands", "positive"),
        ("puts printing, this is going to zero 📉", "negative"),
        ("", "neutral"),
        ("   ", "neutral"),
        ("a" * 1_000_000, "neutral"),
        ("오늘 날씨", "neutral"),
    ],
)
def test_plain_cases(text: str, label: str) -> None:
    assert FINANCE.score(text).label == label


def test_each_mention_has_its_own_score() -> None:
    text = "Apple soars while Intel sinks"
    apple, intel = FINANCE.score_mentions(text, [(0, 5), (18, 23)])
    assert label_of(apple) == "positive"
    assert label_of(intel) == "negative"


def test_a_company_has_no_weight() -> None:
    said = "beats estimates and raises guidance"
    for names in (("$AAPL", "$TSLA"), ("Xyzzycorp", "Qwfparst")):
        assert len({FINANCE.score(f"{name} {said}").raw for name in names}) == 1


def test_reasons_name_words_and_phrases() -> None:
    text = "Acme beats estimates but shares fall"
    named = " ".join(term.text for term in FINANCE.score(text).explanation)
    assert "beats" in named
    assert "fall" in named


@pytest.mark.parametrize(
    "unit",
    ["profit falls 20 % ", "a", "🚀", "삼성 ", "not good, ", "5 vs 6 ", "52-week high ", "aGood", "https://t.co/x "],
)
def test_work_grows_with_the_length_and_no_faster(unit: str) -> None:
    # ten times the text: ten times the calls where it grows linearly, a hundred times where it is quadratic
    short, long = unit * (4_000 // len(unit)), unit * (40_000 // len(unit))
    FINANCE.score(long)
    assert _calls(long) < 15 * _calls(short) + 500


def test_the_model_card_describes_the_file_that_comes_with_the_package() -> None:
    data = (resources.files("lib.scoring.finance") / FILE).read_bytes()
    card = (Path(__file__).parents[2] / "docs" / "model-card-finance.md").read_text(encoding="utf-8")
    assert sha256(data).hexdigest() in card
    assert f"{len(data):,} bytes" in card


def test_the_weights_are_those_of_the_scorer_and_small() -> None:
    assert len((resources.files("lib.scoring.finance") / FILE).read_bytes()) < 4_000_000
    assert read_weights().stored.scorer == FINANCE.name == get_scorer("finance@1").name


def test_an_entry_of_the_lexicon_is_found_in_every_inflection() -> None:
    assert classes_of("plummeting")[0] == classes_of("plummeted")[0] == "plunge"
    assert classes_of("companies") == ()
    assert all(names for names in lexicon().words.values())


def test_numbers_are_read_with_sign_money_and_unit() -> None:
    words, _, _ = Words().read("-3.5% +8% $1.20 -$0.52 1,200 2.5bn 2019 52nd .5")
    assert [word.key for word in words] == ["-#%", "+#%", "$#", "-$#", "#", "#m", "#y", "#o", "#"]
    assert [word.number for word in words] == [3.5, 8, 1.2, 0.52, 1200, 2.5e9, 2019, 52, 0.5]


def _calls(text: str) -> int:
    counted = 0

    def count(*_: object) -> None:
        nonlocal counted
        counted += 1

    sys.setprofile(count)
    try:
        FINANCE.score(text)
    finally:
        sys.setprofile(None)
    return counted
