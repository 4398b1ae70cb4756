"""Which language a page is in, and its words. It does not know what is said where.

The words of a part of the page lie in words/<language>/<part>.toml, by name.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final, Literal, get_args

Language = Literal["en", "ko"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
COOKIE: Final = "language"

Words = Mapping[str, Mapping[str, str]]


@cache
def words_of(language: Language) -> Words:
    """Every word of the page in `language`: part → name → text."""
    folder = resources.files("api").joinpath("page", "words", language)
    files = {file.name.removesuffix(".toml"): file for file in folder.iterdir() if file.name.endswith(".toml")}
    return {part: tomllib.loads(files[part].read_text(encoding="utf-8")) for part in sorted(files)}


def choose_language(cookie: str | None, accepted: str | None) -> Language:
    """The language that was chosen by the switch, else the first of Accept-Language that we speak, else English.

    >>> choose_language(None, "fr;q=0.9, ko-KR;q=0.8, en;q=0.7")
    'ko'
    >>> choose_language("en", "ko")
    'en'
    """
    for language in LANGUAGES:
        if cookie == language:
            return language
    best: Language = "en"
    best_quality = 0.0
    for entry in (accepted or "").lower().split(","):
        name, _, parameters = entry.strip().partition(";")
        for language in LANGUAGES:
            if name.split("-")[0] == language and (quality := _quality(parameters)) > best_quality:
                best, best_quality = language, quality
    return best


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
