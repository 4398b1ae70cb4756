"""Is this name believed here? What a name needs against what the text gives. It knows nothing of bare tickers."""

from lib.tickers.context import finance_beside, finance_near, stock_word_after
from lib.tickers.dictionary import Name
from lib.tickers.needs import Need
from lib.tickers.reading import Reading

_WORD_BEFORE = 24
_IN_NUMBER = frozenset(".,$€£₩")


def hangul_confidence(reading: Reading, name: Name, start: int, end: int) -> float:
    """How sure a name with Hangul is at [start, end); 0 if it lacks what it needs."""
    if name.need is Need.FINANCE and not finance_near(reading.blanked, start, end):
        return 0.0
    if name.need is Need.BESIDE and not finance_beside(reading.blanked, start, end):
        return 0.0
    return name.confidence


def latin_confidence(reading: Reading, name: Name, start: int, end: int) -> float:
    """How sure a name in Latin letters is at [start, end); 0 if it lacks what it needs."""
    need = name.need
    if need is Need.NOTHING:
        return name.confidence
    text = reading.text
    if need is Need.BESIDE:
        return name.confidence if finance_beside(text, start, end) else 0.0
    written = text[start:end]
    if written[0].isdigit() and text[start - 1 : start] in _IN_NUMBER:
        return 0.0
    # short words inside a name, such as `of`, have no capital to show
    if (
        written[0].islower()
        or written.islower()
        or any(word[0].islower() and len(word) > 3 for word in written.split())
    ):
        return 0.75 if need is Need.EVIDENCE and name.method == "alias" and stock_word_after(text, end) else 0.0
    if need is Need.KOREAN:
        near = written.isupper() and reading.is_korean and finance_near(reading.blanked, start, end)
        return 0.8 if near else 0.0
    if need is Need.EVIDENCE and finance_beside(text, start, end):
        return 0.85
    if reading.shouts:
        return 0.0
    if need is Need.CAPITALS:
        return name.confidence - 0.05
    if reading.is_title_case:
        return 0.0
    if _is_unprompted_capital(text, start, end) or finance_near(reading.blanked, start, end):
        return 0.7
    return 0.0


def _is_unprompted_capital(text: str, start: int, end: int) -> bool:
    """Is the capital at `start` not owed to the beginning of a sentence, nor to a longer name around it?"""
    before = text[max(0, start - _WORD_BEFORE) : start].rstrip(" ").rpartition(" ")[2]
    after = text[end : end + 2].lstrip(" ")
    return before[:1].islower() and (before[-1:].isalpha() or before[-1:] == ",") and not after[:1].isupper()
