"""Words that tell two otherwise equal texts apart: numbers, cashtags, negations, directions, a question. Pure.

It does not know what a word means, only that another one in its place would mean something else.
"""

import re
from functools import lru_cache
from importlib import resources


def _lists() -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    words: list[str] = []
    for line in resources.files("lib.text").joinpath("telling.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            words = lists.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            words += line.split()
    return lists


_LISTS = _lists()
_WORDS = frozenset(_LISTS["words"])
_HANGUL = re.compile("|".join(sorted(_LISTS["hangul"], key=len, reverse=True)))
_SIGNS = frozenset("?↑↗→↘↓⬆⬇📈📉🔺🔻🐂🐻🚀🟢🔴👍👎💎🌈")


@lru_cache(maxsize=65_536)
def is_telling(word: str) -> bool:
    """Is another word in the place of `word`, in small letters, another message?

    >>> [is_telling(word) for word in ("5%", "$aapl", "isn't", "up", "상승했다", "🚀", "apple")]
    [True, True, True, True, True, True, False]
    """
    return (
        word in _WORDS
        or word in _SIGNS
        or word[:1] == "$"
        or word.endswith("n't")
        or any(map(str.isdigit, word))
        or (not word.isascii() and _HANGUL.search(word) is not None)
    )
