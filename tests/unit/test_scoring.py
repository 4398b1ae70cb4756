"""The registry of scorers, and a reading made of mentions and scores."""

from collections.abc import Iterable
from datetime import date

import pytest

from lib.domain.sentiment import Mention
from lib.domain.symbols import Listing
from lib.errors import UnknownScorer
from lib.scoring.reader import Reader
from lib.scoring.registry import SCORERS, get_scorer
from lib.scoring.vader_words import _KEPT_TOKENS, Words
from lib.scoring.verdict import label_of


def test_a_scorer_is_found_by_name_and_version() -> None:
    assert get_scorer("vader@1").name == "vader@1"
    assert all(name == scorer.name for name, scorer in SCORERS.items())


def test_an_unknown_scorer_is_answered_with_those_that_exist() -> None:
    with pytest.raises(UnknownScorer, match="'vader@0'") as caught:
        get_scorer("vader@0")
    assert "vader@1" in caught.value.hint


def test_labels_change_at_a_twentieth() -> None:
    assert [label_of(value) for value in (-1, -0.05, -0.0499, 0, 0.0499, 0.05, 1)] == [
        "negative", "negative", "neutral", "neutral", "neutral", "positive", "positive",
    ]  # fmt: skip


def test_what_is_remembered_of_tokens_is_bounded() -> None:
    words = Words()
    for number in range(_KEPT_TOKENS + 10):
        token = f"t{number}"
        assert words[token].bare == token
    assert 0 < len(words) <= _KEPT_TOKENS
    long = "t" * 1000
    assert words[long].bare == long
    assert long not in words


class _Fixed:
    """Finds what it was made with, whatever the text."""

    def __init__(self, *mentions: Mention) -> None:
        self.mentions = mentions
        self.asked: list[tuple[str, str | None, date | None]] = []

    def resolve(self, text: str, *, lang: str | None = None, at: date | None = None) -> Iterable[Mention]:
        self.asked.append((text, lang, at))
        return self.mentions


def test_a_reading_has_one_mention_of_a_symbol_the_surest_then_the_first() -> None:
    resolver = _Fixed(
        Mention("AAPL", "name", 0.7, 0, 5),
        Mention("AAPL", "cashtag", 0.9, 20, 25),
        Mention("AAPL", "cashtag", 0.9, 10, 15),
        Mention("GONE", "cashtag", 1.0, 30, 35),
    )
    reader = Reader({7: Listing(symbol="AAPL", name="Apple")}, resolver, [get_scorer("vader@1")])
    reading = reader.read("Great", "news", lang="en", at=date(2026, 3, 2))
    assert reading.mentions == ((7, Mention("AAPL", "cashtag", 0.9, 10, 15)),)
    assert resolver.asked == [("Great\nnews", "en", date(2026, 3, 2))]
    assert [score.label for score in reading.scores] == ["positive"]


@pytest.mark.parametrize("lang", [None, "ko"])
def test_mentions_are_read_by_the_scorer_that_read_the_text(lang: str | None) -> None:
    text = "I love the new phone of 삼성전자, the best one"
    resolver = _Fixed(Mention("AAPL", "name", 0.9, 0, 1))
    reader = Reader({7: Listing(symbol="AAPL", name="Apple")}, resolver, [get_scorer("finance@1")])
    reading = reader.read(None, text, lang=lang, per_mention=True)
    korean = get_scorer("korean@1").score(text)
    assert (reading.scores == (korean,)) == (lang == "ko")
    assert (reading.of_mentions == ((korean.value,),)) == (lang == "ko")
