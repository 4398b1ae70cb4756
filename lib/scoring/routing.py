"""One scorer for texts of either language: Korean ones go to one scorer, all others to another.

The script decides: what share of a text's letters is Hangul, a syllable counting as much as three Latin letters. The
language that the source gave moves the bar, for texts that hold both. Both scorers answer on one scale, so their
values may stand in one series. It does not know how either reads a text.
"""

import re
from typing import TYPE_CHECKING

from lib.domain.sentiment import Score
from lib.scoring.mentions import values_of_mentions

if TYPE_CHECKING:
    from lib.scoring.registry import Scorer

_HANGUL = re.compile("[가-힣ㄱ-ㅣ]")
_LATIN = re.compile("[A-Za-z]")
# addresses, cashtags and handles are Latin in either language
_NOISE = re.compile(r"https?://\S+|[@#$][\w.]+")
_SYLLABLE_IN_LETTERS = 3
_SAMPLE = 2000
_BAR = {"ko": 0.2, "en": 0.8}
_PLAIN_BAR = 0.5


class ByLanguage:
    """The scorer `name`, which lets `korean` or `other` answer, whichever fits the text."""

    def __init__(self, name: str, *, korean: "Scorer", other: "Scorer") -> None:
        self.name = name
        self._korean = korean
        self._other = other

    def score(self, text: str, *, lang: str | None = None) -> Score:
        """The score by the scorer of the text's language; `lang` is that language as the source gave it."""
        return self.route(text, lang=lang).score(text, lang=lang)

    def score_mentions(self, text: str, places: list[tuple[int, int]], *, lang: str | None = None) -> list[float]:
        """A value for each place, code points [start, end), by the scorer of the text's language. One that does not
        tell mentions apart says of each what it says of the text.
        """
        return values_of_mentions(self, text, places, lang=lang)

    def route(self, text: str, *, lang: str | None = None) -> "Scorer":
        """Who answers for `text`."""
        if text.isascii():
            return self._other
        share = hangul_share(text)
        bar = _BAR.get((lang or "").partition("-")[0].lower(), _PLAIN_BAR)
        return self._korean if share and share >= bar else self._other


def hangul_share(text: str) -> float:
    """How much of what `text` says is in Hangul, 0 to 1, from its first 2,000 code points; 0 without letters.

    >>> hangul_share("삼성전자 up"), hangul_share("Samsung up"), hangul_share("🚀")
    (0.8571428571428571, 0.0, 0.0)
    """
    sample = _NOISE.sub(" ", text[:_SAMPLE])
    hangul = len(_HANGUL.findall(sample)) * _SYLLABLE_IN_LETTERS
    latin = len(_LATIN.findall(sample))
    return hangul / (hangul + latin) if hangul else 0.0
