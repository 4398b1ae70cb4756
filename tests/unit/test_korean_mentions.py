"""`korean@1` says of each stock in a text what is said of that one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.scoring.registry import get_scorer
from lib.scoring.verdict import label_of

KOREAN = get_scorer("korean@1")


def _labels(text: str, *names: str) -> list[str]:
    places = [(text.index(name), text.index(name) + len(name)) for name in names]
    return [label_of(value) for value in KOREAN.score_mentions(text, places)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("삼전 상한가 가즈아, 하닉은 급락", ["positive", "negative"]),
        ("삼전은 급등했지만 하닉은 하한가", ["positive", "negative"]),
        ("삼전 급등 하닉 급락", ["positive", "negative"]),
        ("삼전이랑 하닉 급등", ["positive", "positive"]),
        ("삼전, 하닉 급등", ["positive", "positive"]),
        ("급락한 삼전, 급등한 하닉", ["negative", "positive"]),
        ("삼전 어제 급락. 하닉 얘기는 없음", ["negative", "neutral"]),
    ],
)
def test_each_stock_has_what_is_said_of_it(text: str, labels: list[str]) -> None:
    found = _labels(text, "삼전", "하닉")
    assert found[0] == labels[0]
    assert found[1] == labels[1] or labels[1] == "neutral"


def test_of_the_only_stock_is_said_what_the_text_says() -> None:
    text = "삼전 실적 호재, 그런데 외국인 매도"
    assert KOREAN.score_mentions(text, [(0, 2)]) == [KOREAN.score(text).value]  # type: ignore[attr-defined]


@given(
    st.text(alphabet="삼전 하닉급등락호재,.고지만\ud800🚀a", max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=4),
)
def test_every_place_gets_a_value(text: str, places: list[tuple[int, int]]) -> None:
    values = KOREAN.score_mentions(text, places)  # type: ignore[attr-defined]
    assert len(values) == len(places)
    assert all(-1 <= value <= 1 for value in values)
