"""Is there talk of finance around these words? It does not know which stock: only how people speak when they mean one.

`near` looks 60 code points to either side for any such word; `beside` looks at the direct neighbours for a word that
takes a stock (`AAPL calls`, `buying AAPL`), and counts for much more. Korean and English.
"""

import re

from lib.tickers import tables

_WINDOW = 60
_BESIDE = 20
_TOO_SHORT_TO_SHOUT = 12

_KOREAN_WORDS = """
주가 주식 증시 증권 실적 매수 매도 상승 하락 급등 급락 상한가 하한가 목표가 배당 공시 코스피 코스닥 시총
시가총액 종목 수급 외국인 기관 개미 존버 물타기 손절 익절 떡상 떡락 호재 악재 영업이익 순이익 매출 투자
차트 관련주 테마주 단타 평단 물렸
"""
_BEFORE_WORDS = """
buy buying bought sell selling sold short shorting shorted long hold holding trade trading own owning yolo
yoloed into calls puts shares position positions bullish bearish dd stock ticker symbol
"""
_AFTER_WORDS = """
stock stocks share shares call calls put puts earnings eps dividend dividends option options leaps squeeze bull
bulls bear bears long longs short shorts holder holders bagholder bagholders gang ipo ticker
"""
_FINANCE = frozenset(word.encode() for word in tables.words("finance.txt"))
_BEFORE = frozenset(_BEFORE_WORDS.split())
_AFTER = frozenset(_AFTER_WORDS.split())
_BETWEEN = frozenset(("more", "some", "my", "the", "a", "in", "of", "on", "up"))
_KOREAN = re.compile("|".join(_KOREAN_WORDS.split()))
_AMOUNT = re.compile(r"\d[cp]\b|\d%|\$\d")
_AFTER_AMOUNT = re.compile(
    r"[ ,:]*(?:\$?\d+(?:\.\d+)?[cp]\b|@ ?\$?\d|\$\d|[+-]?\d+(?:\.\d+)?%"
    r"|주가|주식|실적|매수|매도|목표가|배당|상승|하락|급등|급락|공시|차트|관련주)",
    re.IGNORECASE,
)
_AFTER_WORD = re.compile(r"(?:'s)?[ ,:]*(?:\d[\d/.]*[cp]? )?([a-z]+)\b", re.IGNORECASE)
_LAST_CLAUSE = re.compile(r"[^.!?;\n]*$")
_EXCHANGE = re.compile(r"\b(?:nyse(?: american)?|nasdaq|amex|otc|kospi|kosdaq|krx)\s*:\s*$", re.IGNORECASE)
_CAPITALS = bytes(range(ord("A"), ord("Z") + 1))
_SMALL = bytes(range(ord("a"), ord("z") + 1))
_WORDS = bytes(code if chr(code).isalnum() or chr(code) == "&" else 32 for code in range(128)) + b" " * 128


def finance_near(text: str, start: int, end: int) -> bool:
    """Does talk of finance occur within 60 code points of [start, end), outside of it?"""
    around = f"{text[max(0, start - _WINDOW) : start]} | {text[end : end + _WINDOW]}"
    if not _FINANCE.isdisjoint(around.lower().encode("ascii", "replace").translate(_WORDS).split()):
        return True
    return _AMOUNT.search(around) is not None or (not around.isascii() and _KOREAN.search(around) is not None)


def finance_beside(text: str, start: int, end: int) -> bool:
    """Is [start, end) directly beside a word that takes a stock, or beside a price?"""
    until = min(len(text), end + _BESIDE)
    after = _AFTER_WORD.match(text, end, until)
    if after is not None and after[1].lower() in _AFTER:
        return True
    if _AFTER_AMOUNT.match(text, end, until) is not None:
        return True
    clause = _LAST_CLAUSE.search(text, max(0, start - _BESIDE), start)
    words = [] if clause is None else clause[0].lower().replace("(", " ").replace(":", " ").split()
    while words and words[-1] in _BETWEEN:
        del words[-1]
    return bool(words) and words[-1] in _BEFORE


def exchange_before(text: str, start: int) -> bool:
    """Does an exchange introduce what begins at `start`, as in `(NYSE: T)`?"""
    return _EXCHANGE.search(text, max(0, start - _BESIDE), start) is not None


def shouts(text: str) -> bool:
    """Is most of `text` in capitals, so that a capital says nothing? Texts of fewer than 12 letters do not say."""
    letters = text.encode("ascii", "replace")
    capitals = len(letters) - len(letters.translate(None, _CAPITALS))
    small = len(letters) - len(letters.translate(None, _SMALL))
    return capitals + small >= _TOO_SHORT_TO_SHOUT and capitals * 4 > (capitals + small) * 3


def is_title_case(text: str) -> bool:
    """Does nearly every longer word of `text` begin with a capital, as in a headline?"""
    words = [word for word in text.split() if len(word) > 3 and word[0].isalpha()]
    return len(words) >= 3 and sum(word[0].isupper() for word in words) * 4 >= len(words) * 3
