"""Korean, English, or no opinion: a guess by script and by the commonest words, good enough to route a text.

It knows no third language, and abstains (None) where it sees too little, too mixed, or another alphabet: a French
sentence is None, not `en`. Providers' own language marks, where they exist, are better and should win.
"""

import re
from typing import Literal

Language = Literal["ko", "en"]

_HANGUL = re.compile("[가-힣ㄱ-ㅣ]")
_OTHER_SCRIPT = re.compile("[^\\W\\d_\u0000-\u024f가-힣ㄱ-ㅣ\uff01-\uff5e]")
_WORD = re.compile("[a-z']+")
_NOISE = re.compile(r"https?://\S+|[@#$][\w.]+")
_COMMON = """
the a an of to in is are was were be been it its it's this that these those and or not no but if so as at on by for
from with will would can could should has have had do does did don't i i'm you he she we they my your his her our
their me him us them what when who how why all more most up down out over after before today now just new about
than then there here get got going buy sell stock stocks shares calls puts price market
"""
_ENGLISH = frozenset(_COMMON.split())
_ENOUGH_HANGUL = 0.3
_SAMPLE = 2000


def guess_language(text: str) -> Language | None:
    """`ko`, `en` or None, from the first 2,000 code points.

    >>> guess_language("삼성전자 실적 발표 SK hynix"), guess_language("Apple is up today"), guess_language("$AAPL 🚀")
    ('ko', 'en', None)
    """
    sample = _NOISE.sub(" ", text[:_SAMPLE])
    hangul = 0 if sample.isascii() else len(_HANGUL.findall(sample))
    words = _WORD.findall(sample.lower())
    # a Hangul syllable says about as much as three Latin letters
    latin = sum(map(len, words)) / 3
    other = 0 if sample.isascii() else len(_OTHER_SCRIPT.findall(sample))
    if hangul:
        return "ko" if hangul >= _ENOUGH_HANGUL * (hangul + latin + other) else None
    if other > latin:
        return None
    known = sum(word in _ENGLISH for word in words)
    return "en" if known >= 1 and known * 8 >= len(words) else None
