"""The search language of the local X, as far as a collector of stock talk needs it. It does not know ids or HTTP.

Understood are cashtags, hashtags, words, "quoted phrases", lang:, is:retweet, a dash before any of them, spaces for
AND, OR, and parentheses. A phrase of Hangul matches inside a word, where particles follow a name.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

LONGEST = 512

_TOKEN = re.compile(r'-?"[^"]*"|-?\(|\)|[^\s()"]+')
_CASHTAG = re.compile(r"(?<![\w$])\$([A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)(?!\w)")


class Text(NamedTuple):
    """What a query looks at."""

    words: str
    lang: str
    retweet: bool


Match = Callable[[Text], bool]


class BadQuery(ValueError):
    """The query cannot be understood, or would match nearly everything."""


def compiled(query: str) -> Match:
    """The test that `query` is. Raises BadQuery."""
    if not 1 <= len(query) <= LONGEST:
        raise BadQuery(f"Rules must be 1 to {LONGEST} characters long; this one has {len(query)}.")
    tokens = _TOKEN.findall(query)
    reader = _Reader(tokens)
    match = reader.either()
    if reader.rest or not reader.standalone:
        raise BadQuery("Rules must contain at least one positive, non-stopword clause.")
    return match


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.rest = tokens
        self.standalone = False

    def either(self) -> Match:
        options = [self._all()]
        while self.rest and self.rest[0] == "OR":
            self.rest = self.rest[1:]
            options.append(self._all())
        return lambda text: any(option(text) for option in options)

    def _all(self) -> Match:
        terms = []
        while self.rest and self.rest[0] not in ("OR", ")"):
            terms.append(self._term())
        if not terms:
            raise BadQuery("missing EOF at '<end>'")
        return lambda text: all(term(text) for term in terms)

    def _term(self) -> Match:
        token, self.rest = self.rest[0], self.rest[1:]
        negated, token = token.startswith("-"), token.removeprefix("-")
        if token == "(":
            if negated:
                raise BadQuery("A group cannot be negated.")
            group = self.either()
            if self.rest[:1] != [")"]:
                raise BadQuery("missing ')'")
            self.rest = self.rest[1:]
            return group
        match, standalone = _operator(token)
        self.standalone |= standalone and not negated
        return (lambda text: not match(text)) if negated else match


def _operator(token: str) -> tuple[Match, bool]:
    if token.startswith("$"):
        wanted = token[1:].upper()
        return (lambda text: wanted in {tag.upper() for tag in _CASHTAG.findall(text.words)}), True
    if token.startswith("lang:"):
        return (lambda text: text.lang == token.removeprefix("lang:")), False
    if token == "is:retweet":
        return (lambda text: text.retweet), False
    phrase = re.escape(token.strip('"').lower())
    if phrase.isascii():
        phrase = rf"(?<!\w){phrase}(?!\w)"
    return (lambda text: re.search(phrase, text.words.lower()) is not None), True
