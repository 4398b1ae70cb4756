"""Which scorer answers for a text: the script decides, and what the source said of the language moves the bar."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.sentiment import Score
from lib.scoring.mentions import ScoresMentions, values_of_mentions
from lib.scoring.registry import get_scorer
from lib.scoring.routing import ByLanguage, hangul_share
from lib.scoring.vader import Vader

ROUTED = ByLanguage("routed@1", korean=get_scorer("korean@1"), other=get_scorer("vader@1"))


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("삼성전자 급등", None, "korean@1"),
        ("Apple soars", None, "vader@1"),
        ("NVDA 실적 발표 후 급등, $TSLA https://example.com/a-long-address-in-latin-letters", None, "korean@1"),
        ("I love the new phone of 삼성, it is the best one in years", None, "vader@1"),
        ("I love the new phone of 삼성전자, it is the best one", "ko", "korean@1"),
        ("삼성전자 love it so much", "en", "vader@1"),
        ("삼성전자 급등", "en", "korean@1"),
        ("Apple soars", "ko", "vader@1"),
        ("ㅋㅋㅋㅋ ㅠㅠ", None, "korean@1"),
        ("トヨタの株価が上がった", None, "vader@1"),
        ("🚀🚀🚀", "ko-KR", "vader@1"),
        ("", None, "vader@1"),
    ],
)
def test_the_dominant_script_decides(text: str, lang: str | None, expected: str) -> None:
    assert ROUTED.route(text, lang=lang).name == expected
    assert ROUTED.score(text, lang=lang) == get_scorer(expected).score(text, lang=lang)


class _Pointer(Vader):
    """Says of each mention where it begins."""

    def score_mentions(self, text: str, places: list[tuple[int, int]]) -> list[float]:
        return [start / 100 for start, _ in places]


_PLACES = [(0, 2), (5, 7)]


def test_mentions_are_scored_by_whoever_answers_for_the_text() -> None:
    routed = ByLanguage("routed@1", korean=get_scorer("korean@1"), other=_Pointer())
    assert isinstance(routed, ScoresMentions)
    assert routed.score_mentions("Apple soars", _PLACES) == [0.0, 0.05]
    korean = get_scorer("korean@1").score("삼성전자 급등").value
    assert korean > 0
    assert routed.score_mentions("삼성전자 급등", _PLACES) == [korean, korean]


def test_the_given_language_moves_the_bar_for_mentions_too() -> None:
    routed = ByLanguage("routed@1", korean=get_scorer("korean@1"), other=_Pointer())
    text = "I love the new phone of 삼성전자, it is the best one"
    assert routed.score_mentions(text, _PLACES) == [0.0, 0.05]
    assert routed.score_mentions(text, _PLACES, lang="ko") == [get_scorer("korean@1").score(text).value] * 2


def test_who_knows_the_value_of_the_text_need_not_ask_for_it_again() -> None:
    assert values_of_mentions(get_scorer("vader@1"), "삼성전자 급등", _PLACES, whole=0.25) == [0.25, 0.25]


@settings(deadline=None)
@given(st.text(), st.sampled_from([None, "ko", "en", "fr", ""]))
def test_any_text_is_answered(text: str, lang: str | None) -> None:
    assert isinstance(ROUTED.score(text, lang=lang), Score)
    assert 0 <= hangul_share(text) <= 1
