"""The words of the page: both languages have the same ones, every one that is used exists, and each is used."""

import re
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.page.language import LANGUAGES, choose_language, words_of

ROOM = Path(str(resources.files("api"))) / "page"
_TEMPLATE = re.compile(r"words\.(\w+)(?:\.(\w+)|\[)")
_SCRIPT = re.compile(r"""\bt\(\s*"(\w+)",\s*"(\w+)\"""")


def used() -> set[tuple[str, str]]:
    found = set()
    for file in (ROOM / "templates").glob("*.html"):
        found |= {pair for pair in _TEMPLATE.findall(file.read_text(encoding="utf-8")) if pair[1]}
    for file in (ROOM / "static" / "js").glob("*.js"):
        found |= set(_SCRIPT.findall(file.read_text(encoding="utf-8")))
    return found


def test_both_languages_have_the_same_words_with_the_same_places_to_fill() -> None:
    english, korean = words_of("en"), words_of("ko")
    assert {part: set(words) for part, words in english.items()} == {part: set(words) for part, words in korean.items()}
    for part, words in english.items():
        for name, text in words.items():
            places = re.compile(r"\{\w+\}")
            assert sorted(places.findall(text)) == sorted(places.findall(korean[part][name])), (part, name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_that_is_used_exists(language: str) -> None:
    words = words_of(language)  # type: ignore[arg-type]
    missing = [(part, name) for part, name in sorted(used()) if name not in words.get(part, {})]
    assert missing == []


def test_korean_words_are_korean() -> None:
    same = {
        (part, name)
        for part, words in words_of("ko").items()
        for name, text in words.items()
        if text == words_of("en")[part][name] and re.search(r"[a-z]{4}", text)
    }
    assert same <= {("common", "title"), ("common", "api"), ("stock", "silent")}


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_header_gets_a_language(cookie: str, accepted: str) -> None:
    assert choose_language(cookie, accepted) in LANGUAGES


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        (None, None, "en"),
        (None, "ko", "ko"),
        (None, "ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"),
        (None, "en-GB,ko;q=0.5", "en"),
        (None, "en;q=0, ko;q=0.1", "ko"),
        (None, "de, fr", "en"),
        ("ko", "en", "ko"),
        ("fr", "ko", "ko"),
    ],
)
def test_the_switch_comes_before_the_browser(cookie: str | None, accepted: str | None, language: str) -> None:
    assert choose_language(cookie, accepted) == language
