"""`vader@1` gives NLTK's compound value to the last bit, for whatever text, and reasons that add up."""

import gzip
import json
import math
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.domain.sentiment import Score
from lib.scoring.vader import Vader
from lib.scoring.vader_words import BOOSTERS, EDGES, IDIOMS, NEGATIONS, lexicon
from lib.scoring.verdict import MOST_TERMS
from tests.support.data import data_file
from tests.support.nltk_vader import nltk_vader
from tests.support.trials import trials
from tests.support.work import calls

ORACLE = nltk_vader()
VADER = Vader()

_RULE_WORDS = [
    "but", "But", "but,", "never", "Never", "so", "this", "least", "at", "very", "kind", "of", "Kind", "kind,", "sort",
    "just", "enough", "the", "shit", "bomb", "bad", "ass", "yeah", "right", "cut", "mustard", "kiss", "death", "hand",
    "to", "mouth", "a", "I", "!", "?", "isn't", "n't", "don't", "삼성전자가", "오늘", "🚀", "😀😀", "$AAPL", "#GOOD",
    "https://example.com/good", "(good)", "ǅ", "İyi", "ß", ",-:", ".-:", ":-,", ":-.", "-", "--", "'", "?!", ".",
    "o\u212a", "\u212aind", "\u017fo", "ΑΣ", "goodΣ", "NEVER", "bu\u0442", "x" * 30 + "n't", "goodgoodgoodgoodgood",
]  # fmt: skip
_MARKS = st.sampled_from(["", "", "", *sorted(EDGES), "...", "!!!!", "????", "*", "(", ")"])
_SPACES = st.sampled_from([" ", " ", " ", "  ", "\n", "\t", "\u00a0", "\u2028", "\x1f", "\x85", "\u3000"])
_WORDS = st.one_of(
    st.sampled_from(["good", "great", "bad", "horrible", "kind", "love", "hate", ":)", ":(", "LOL", "no", "like"]),
    st.sampled_from(sorted(lexicon())),
    st.sampled_from(sorted(BOOSTERS)),
    st.sampled_from(sorted(NEGATIONS)),
    st.sampled_from(sorted(IDIOMS)),
    st.sampled_from(_RULE_WORDS),
    st.text(max_size=6),
)


@st.composite
def _token(draw: st.DrawFn) -> str:
    word = draw(_WORDS)
    case = draw(st.sampled_from([str, str, str, str.upper, str.capitalize]))
    return f"{draw(_MARKS)}{case(word)}{draw(_MARKS)}{draw(_SPACES)}"


_TEXTS = st.one_of(st.lists(_token(), max_size=14).map("".join), st.text(max_size=200))


def assert_adds_up(text: str, score: Score) -> None:
    assert math.isclose(sum(term.weight for term in score.explanation), score.raw, abs_tol=1e-9)
    assert all(text[term.start : term.end] == term.text for term in score.explanation)
    assert all(term.weight for term in score.explanation[:MOST_TERMS])
    assert len(score.explanation) <= MOST_TERMS


@given(_TEXTS)
@settings(max_examples=trials(500, 150), deadline=None)
@example("I have never been so happy, never so GOOD but this kind of shit is the bomb!!!")
@example("good good GOOD kind of good kind")
@example("\ud800 good")
@example("least good")
@example("bad :-. but \u212aind of good")
@example("good - - good\x1fbad")
@example("é good -- bad\u2003awful")
def test_every_text_gets_the_value_of_nltk_and_reasons_that_add_up(text: str) -> None:
    score = VADER.score(text)
    assert score.value == ORACLE.polarity_scores(text)["compound"]
    assert_adds_up(text, score)


@given(st.lists(st.sampled_from([*_RULE_WORDS, "good", "bad", "VERY", "hardly"]), max_size=9).map(" ".join))
@settings(max_examples=trials(500, 150), deadline=None)
def test_words_that_act_on_each_other_do_so_as_in_nltk(text: str) -> None:
    assert VADER.score(text).value == ORACLE.polarity_scores(text)["compound"]


@pytest.mark.parametrize(
    "name",
    ["stocknet_posts.jsonl.gz", "reddit_posts.jsonl.gz", "sentiment_train.jsonl.gz", "sentiment_dev.jsonl.gz"],
)
def test_not_one_real_text_scores_otherwise_than_in_nltk(name: str) -> None:
    with gzip.open(data_file(name), "rt", encoding="utf-8") as lines:
        posts = [json.loads(line) for line in lines]
    differing = 0
    for post in posts:
        text = f"{post.get('title') or ''}\n{post['text'] or ''}"
        score = VADER.score(text)
        differing += score.value != ORACLE.polarity_scores(text)["compound"]
        assert_adds_up(text, score)
    assert posts
    assert differing == 0


def test_the_word_lists_are_those_of_nltk() -> None:
    constants = ORACLE.constants
    assert len(lexicon()) == 7502
    assert 0 not in lexicon().values()
    assert constants.BOOSTER_DICT == BOOSTERS
    assert constants.NEGATE == NEGATIONS
    assert constants.SPECIAL_CASE_IDIOMS == IDIOMS
    assert frozenset(constants.PUNC_LIST) == EDGES
    assert {word: lexicon().get(word) for word in ("heart", "hearts", "flawed", ":P", "badass", ":p")} == {
        "heart": None, "hearts": None, "flawed": None, ":P": None, "badass": -0.6, ":p": 1.4,
    }  # fmt: skip


def test_reasons_name_the_words_and_hold_what_acted_on_them() -> None:
    text = "  not VERY good,\tbut great!!! 삼성"
    score = VADER.score(text)
    assert [(term.text, text[term.start : term.end]) for term in score.explanation] == [
        ("good", "good"),
        ("great", "great"),
        ("!!!", "!!!"),
    ]
    assert [term.weight > 0 for term in score.explanation] == [False, True, True]
    assert (score.label, VADER.score("삼성전자 오늘 🚀").label, VADER.score("awful").label) == (
        "positive",
        "neutral",
        "negative",
    )


def test_a_text_with_many_reasons_keeps_the_strongest_and_the_rest_as_one() -> None:
    words = [f"{word} x{i}" for i, word in enumerate(sorted(lexicon())) if word.isalpha()][:500]
    text = " ".join(words)
    score = VADER.score(text)
    assert len(score.explanation) == MOST_TERMS
    assert (score.explanation[-1].text, score.explanation[-1].start, score.explanation[-1].end) == ("", 0, 0)
    assert_adds_up(text, score)
    assert score.value == ORACLE.polarity_scores(text)["compound"]


@pytest.mark.parametrize("unit", ["good bad ", "never so good, but ", "x", "! ", "aGood", "good ", "삼", ":) "])
def test_time_grows_with_the_length_and_no_faster(unit: str) -> None:
    # ten times the text: ten times the time where it grows linearly, a hundred times where it is quadratic
    short, long = unit * (10_000 // len(unit)), unit * (100_000 // len(unit))
    assert _seconds(long) < 40 * _seconds(short) + 0.02


def test_a_character_of_a_long_text_costs_no_more_than_one_of_a_short_text() -> None:
    plain = [f"word{number}" for number in range(400)]
    words = [word for pair in zip(plain, sorted(filter(str.isalpha, lexicon()))[::18], strict=False) for word in pair]
    posts = [" ".join(["Not", *words[first : first + 20], "so!"]) for first in range(0, 800, 20)]
    long = " ".join(posts * (100_000 // sum(map(len, posts)) + 1))[:100_000]
    short = sum(calls(VADER.score, post) for post in posts) / sum(map(len, posts))
    assert calls(VADER.score, long) / len(long) < short


def _seconds(text: str) -> float:
    VADER.score(text)
    taken = []
    for _ in range(3):
        start = time.process_time()
        VADER.score(text)
        taken.append(time.process_time() - start)
    return min(taken)
