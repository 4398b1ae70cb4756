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
buy buying bought sell selling sold short shorting shorted long hold holding hodl hodling trade trading own owning yolo
yoloed into calls puts shares position positions bullish bearish dd stock ticker symbol thoughts opinion opinions
exposure stake invested gains losses contracts leaps averaging dumping dumped loading loaded
"""
_AFTER_WORDS = """
stock stocks share shares call calls put puts earnings eps dividend dividends option options leaps squeeze bull
bulls bear bears long longs short shorts holder holders bagholder bagholders gang ipo ticker leaps contracts tendies
weeklies shareholder shareholders
"""
_FINANCE = frozenset(word.encode() for word in tables.words("finance.txt"))
_BEFORE = frozenset(_BEFORE_WORDS.split())
_AFTER = frozenset(_AFTER_WORDS.split())
_BETWEEN = frozenset(("more", "some", "my", "the", "a", "in", "of", "on", "up", "about", "for", "to"))
_KOREAN = re.compile("|".join(_KOREAN_WORDS.split()))
_ROCKET = re.compile("[🚀💎🌙🌕📈📉🐂🐻]")
_AMOUNT = re.compile(r"\d[cp]\b|\d%|\$\d")
_AFTER_AMOUNT = re.compile(
    r" a (?:good |strong )?(?:buy|sell|hold)\b| (?:is |was |went )?(?:up|down) (?:another )?\$?\d"
    r"| to the moon\b| to \$\d"
    r"|[ ,:]*(?:\$?\d+(?:\.\d+)?[cp]\b|@ ?\$?\d|\$\d|[+-]?\d+(?:\.\d+)?%"
    r"|주가|주식|실적|매수|매도|목표가|배당|상승|하락|급등|급락|공시|차트|관련주)",
    re.IGNORECASE,
)
_AFTER_WORD = re.compile(r"(?:'s)?[ ,:]*(?:\d[\d/.]*(?:[cp]|dte)? )?([a-z]+)\b", re.IGNORECASE)
_LAST_CLAUSE = re.compile(r"[^.!?;\n]*$")
_PREPOSITION = re.compile(r"\b(?:in|on|into|of|about|with|for|from|like) $", re.IGNORECASE)
_ARTICLE = re.compile(r"\b(?:the|an?|this|that|your|his|their) $", re.IGNORECASE)
_PAPERS = frozenset(("shares", "call", "calls", "put", "puts", "leaps", "options"))
_PAPERS_OF = re.compile(r"\b(?:shares|calls|puts|leaps|options) (?:of|on|in) $", re.IGNORECASE)
_TAKEN_BY_STOCKS = frozenset(("stock", "stocks", "share", "shares", "call", "calls", "put", "puts", "earnings"))
_CAPITALS = bytes(range(ord("A"), ord("Z") + 1))
_SMALL = bytes(range(ord("a"), ord("z") + 1))
_WORDS = bytes(code if chr(code).isalnum() or chr(code) == "&" else 32 for code in range(128)) + b" " * 128


def finance_near(text: str, start: int, end: int) -> bool:
    """Does talk of finance occur within 60 code points of [start, end), outside of it?"""
    return speaks_of_finance(f"{text[max(0, start - _WINDOW) : start]} | {text[end : end + _WINDOW]}")


def speaks_of_finance(text: str) -> bool:
    """Does talk of finance, or a rocket, occur in `text`?"""
    if not _FINANCE.isdisjoint(text.lower().encode("ascii", "replace").translate(_WORDS).split()):
        return True
    return _AMOUNT.search(text) is not None or (
        not text.isascii() and (_ROCKET.search(text) is not None or _KOREAN.search(text) is not None)
    )


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


def stock_word_after(text: str, end: int) -> bool:
    """Does a word that only a stock takes follow, as in `snap puts`? `Calls for` is no such word."""
    after = _AFTER_WORD.match(text, end, min(len(text), end + _BESIDE))
    return after is not None and after[1].lower() in _TAKEN_BY_STOCKS and not text.startswith(" for", after.end())


def is_traded(text: str, start: int, end: int) -> bool:
    """Does [start, end) stand beside a word for papers that are traded, as in `snap puts` or `shares of spy`?"""
    after = _AFTER_WORD.match(text, end, min(len(text), end + _BESIDE))
    if after is not None and after[1].lower() in _PAPERS and not text.startswith(" for", after.end()):
        return True
    return _PAPERS_OF.search(text, max(0, start - _BESIDE), start) is not None


def takes_stock(word: str) -> bool:
    """Is `word` one that is said of a stock, whatever its letters, as BUY?"""
    return word.lower() in _BEFORE or word.lower() in _AFTER


def follows_preposition(text: str, start: int) -> bool:
    """Does a preposition stand before `start`, as in `are you in bbby`?"""
    return _PREPOSITION.search(text, max(0, start - _BESIDE), start) is not None


def follows_article(text: str, start: int) -> bool:
    """Does an article stand before `start`? A stock rarely has one."""
    return _ARTICLE.search(text, max(0, start - _BESIDE), start) is not None


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
