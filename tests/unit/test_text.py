"""Folding keeps spans true; addresses are blanked in place; languages are guessed or not at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.text.addresses import blank_addresses
from lib.text.language import guess_language
from lib.text.normalise import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("plain $AAPL", "plain $AAPL"),
        ("＄ＡＡＰＬ", "$AAPL"),
        ("Macy’s", "Macy's"),
        ("삼성전자\u1100\u1161", "삼성전자가"),
        ("Te\u200bsla", "Tesla"),
        ("𝐓𝐒𝐋𝐀", "TSLA"),
        ("ㅅㅅㅈㅈ", "ㅅㅅㅈㅈ"),
        ("ㅅㅅ\u00a0ㅈㅈ", "ㅅㅅ ㅈㅈ"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text).text == folded


@settings(deadline=None)
@given(st.text(st.one_of(st.characters(), st.sampled_from("＄ＡａﬁÅ\u1109\u1161\u11b7\u0301\u200bㅅ삼İ"))))
def test_spans_of_a_fold_cover_the_text_they_came_from(text: str) -> None:
    folded = fold(text)
    last = 0
    for index in range(len(folded.text)):
        start, end = folded.span(index, index + 1)
        assert 0 <= start < end <= len(text)
        assert start >= last
        last = start
        assert folded.text[index] in fold(text[start:end]).text


@settings(deadline=None)
@given(st.text())
def test_folding_leaves_lower_case_of_equal_length(text: str) -> None:
    folded = fold(text).text
    assert len(folded.lower()) == len(folded) or "İ" not in folded


@pytest.mark.parametrize(
    "address",
    [
        "https://x.com/$FB",
        "http://t.co/AAPL",
        "www.apple.com",
        "me@apple.com",
        "@Apple",
        "apple.com/AAPL",
        "RT.a+b@gap.co.kr",
    ],
)
def test_addresses_become_spaces(address: str) -> None:
    assert blank_addresses(f"see {address} now").split() == ["see", "now"]


@pytest.mark.parametrize("text", ["Amazon.com rose", "buy/sell at 3.5", "$AAPL/$MSFT", "U.S./China", "and/or. Next"])
def test_what_is_no_address_stays(text: str) -> None:
    assert blank_addresses(text) == text


@settings(deadline=None)
@given(st.text(st.one_of(st.characters(), st.sampled_from("@./:wht"))))
def test_blanking_keeps_the_length(text: str) -> None:
    assert len(blank_addresses(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("삼성전자 실적이 좋다", "ko"),
        ("삼전 buy", "ko"),
        ("Apple is going up today", "en"),
        ("$AAPL to the moon https://t.co/x", "en"),
        ("L'action monte fortement aujourd'hui", None),
        ("トヨタの株価が上がった", None),
        ("$AAPL 🚀🚀", None),
        ("", None),
    ],
)
def test_language(text: str, language: str | None) -> None:
    assert guess_language(text) == language


@settings(deadline=None)
@given(st.text())
def test_any_text_has_a_language_or_none(text: str) -> None:
    assert guess_language(text) in {"ko", "en", None}
