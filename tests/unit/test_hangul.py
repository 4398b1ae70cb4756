"""Jamo arithmetic, and the particles that may follow a name."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.text.hangul import (
    final_consonant,
    has_hangul,
    has_hangul_letters,
    initials,
    is_initials,
    is_syllable,
    keystrokes,
)
from lib.text.particles import leaves_name_whole

SYLLABLES = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), max_size=12)


@pytest.mark.parametrize(
    ("text", "pressed"),
    [
        ("삼성전자", "ㅅㅏㅁㅅㅓㅇㅈㅓㄴㅈㅏ"),
        ("값", "ㄱㅏㅂㅅ"),
        ("왜", "ㅇㅗㅐ"),
        ("까", "ㄲㅏ"),
        ("LG화학", "LGㅎㅗㅏㅎㅏㄱ"),
        ("ㄵ", "ㄴㅈ"),
    ],
)
def test_keystrokes_are_what_a_person_presses(text: str, pressed: str) -> None:
    assert keystrokes(text) == pressed


@settings(deadline=None)
@given(SYLLABLES)
def test_decomposed_and_composed_text_have_the_same_keystrokes(text: str) -> None:
    assert keystrokes(unicodedata.normalize("NFD", text)) == keystrokes(text)


@settings(deadline=None)
@given(SYLLABLES)
def test_what_is_half_typed_is_a_prefix(text: str) -> None:
    assert all(keystrokes(text).startswith(keystrokes(text[:cut])) for cut in range(len(text)))


@settings(deadline=None)
@given(SYLLABLES.filter(bool))
def test_initials_are_one_consonant_a_syllable(text: str) -> None:
    assert len(initials(text)) == len(text)
    assert is_initials(initials(text))


def test_initials_of_mixed_names_keep_the_letters() -> None:
    assert initials("SK하이닉스") == "SKㅎㅇㄴㅅ"
    assert not is_initials("SKㅎㅇㄴㅅ")
    assert not is_initials("")


def test_a_cluster_typed_in_haste_is_two_initials() -> None:
    assert initials("ㅅㅄ") == "ㅅㅂㅅ"


@settings(deadline=None)
@given(st.text())
def test_any_text_is_accepted(text: str) -> None:
    for function in (keystrokes, initials, has_hangul, has_hangul_letters, is_initials):
        function(text)


def test_final_consonants() -> None:
    assert [final_consonant(c) for c in "성자닭A"] == ["ㅇ", "", "ㄺ", ""]
    assert is_syllable("힣")
    assert not is_syllable("ㅎ")


_FITTING = """
삼성전자+가 삼성전자+는 삼성전자+에서 삼성전자+로 현대건설+로 현대건설+이다 카카오+와 네이버+보다 기아+였다 한화+그룹이
LG+가 LG+이 농심+
"""


@pytest.mark.parametrize(("name", "tail"), [pair.split("+") for pair in _FITTING.split()])
def test_particles_leave_a_name_whole(name: str, tail: str) -> None:
    assert leaves_name_whole(name[-1], tail)


@pytest.mark.parametrize(
    ("name", "tail"),
    [("오늘", "이엔엠"), ("삼성전자", "이"), ("농심", "가"), ("현대차", "증권"), ("카카오", "게임이"), ("대상", "포")],
)
def test_other_endings_make_it_another_word(name: str, tail: str) -> None:
    assert not leaves_name_whole(name[-1], tail)
