"""Which scorer answers for a text: the script decides, and what the source said of the language moves the bar."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.sentiment import Score
from lib.scoring.registry import get_scorer
from lib.scoring.routing import ByLanguage, hangul_share

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


@settings(deadline=None)
@given(st.text(), st.sampled_from([None, "ko", "en", "fr", ""]))
def test_any_text_is_answered(text: str, lang: str | None) -> None:
    assert isinstance(ROUTED.score(text, lang=lang), Score)
    assert 0 <= hangul_share(text) <= 1
