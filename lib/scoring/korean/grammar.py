"""What stands around a word of the lexicon and changes it: negation, condition, question, concession.

Korean negates after the word (상승하지 않았다, 호재가 아니다, 우려는 없다) more often than before it (안 오른다).
Not a morphological analyser: endings are matched as they are written, within a few syllables of the word.
"""

import re

_REACH = 16
_AFTER = re.compile(
    r"[가-힣]{0,5}?지(?:는|도|가|를|만)? ?(?:않|못|아니|마(?:라|세|요|시|$)|말(?:고|아|자|라|길|$))"
    r"|(?:[가-힣]{0,2}?[할될갈를을일])? ?(?:리|수|일|것|틈|이유|필요)[가은는이도]? ?(?:없|아니)"
    r"|(?:세|감|성|률|적|폭)?(?:이|가|은|는|도|조차|따위|만|란|이란)?"
    r"(?: ?(?:전혀|아직|더 ?이상|거의|별로|결코|절대))? ?(?:없|아니|아닌|아녔|無)"
    r"|(?:을|를|이|가|은|는|도)? ?[가-힣]{1,4}(?:지|진)(?:는|도|가)? ?(?:않|못)"
)
_BEFORE = re.compile(r"(?:^|[^가-힣])(?:안|못|절대|결코)\s?$")
_CONDITION = re.compile(
    r"[가-힣]{0,4}?(?:(?<![측방전국])면|더라도|든지|거든|을까|를까|할까|될까|일까|갈까|려나|나요|까요|을지|할지|될지)(?![가-힣])"
)
# not the bare noun: 하락 우려 is no falling worry
_ATTRIBUTE = re.compile(r"(?:하는|한|된|되는|하던|했던|할|될|인|는|든|난|나는|던) ")
_CAUSE = re.compile(r"(?:에|에도|로|으로|감에|감으로|때문에| 때문에| 속에?| 탓에?| 여파로?)(?=[ ,])")
_SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)|\n")
_CONTRAST = re.compile(
    r"(?<=[가-힣])(?:지만|으나|에도 불구하고|에도 불구|음에도|는데도|(?:와|과) 달리)(?=[ ,])"
    r"|(?:^|[ ,.])(?:그러나|반면|다만)(?=[ ,])"
)
_BASE = re.compile(r"[^.!?]{0,24}?(?:에서(?!는)|에 비해|에 비하|과 비교|와 비교|대비|이었던|였던|기록했던)")


def is_negated(text: str, start: int, end: int) -> bool:
    """Does a negation belong to the word at [start, end)? Two of them cancel: 나쁘지 않지 않다."""
    after = _AFTER.match(text, end, end + _REACH)
    before = _BEFORE.search(text, max(0, start - 4), start)
    return (after is not None) != (before is not None)


def is_cause(text: str, end: int) -> bool:
    """Is what ends at `end` only why something happened, as in 우려에 하락?"""
    return _CAUSE.match(text, end) is not None


def is_attribute(text: str, start: int, end: int, noun: int) -> bool:
    """Does the word at [start, end) say something of the noun at `noun`, as in 줄어든 비용 or 사상 최대 손실?"""
    return _ATTRIBUTE.fullmatch(text, end, noun) is not None or (
        text[start] in "사역최" and text[end:noun] in ("", " ")
    )


def is_supposed(text: str, end: int) -> bool:
    """Is the word that ends at `end` only supposed or asked: 오르면, 떨어질까?"""
    return _CONDITION.match(text, end, end + 9) is not None


def is_base(text: str, end: int) -> bool:
    """Is what ends at `end` only what something else is compared with: 전년 손실 10억 원에 비해?"""
    return _BASE.match(text, end, end + 32) is not None


def sentence_ends(text: str) -> list[int]:
    """Where the sentences of `text` end, the last with the text."""
    return [*(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]


def turning_point(text: str, start: int, end: int) -> int | None:
    """Where the sentence [start, end) turns to what it means to say: after its last 하지만, -지만, -에도 불구하고."""
    last = None
    for match in _CONTRAST.finditer(text, start, end):
        last = match.end()
    return last


def is_question(text: str, end: int) -> bool:
    """Does the sentence that ends at `end` ask?"""
    return text[max(0, end - 50) : end].rstrip().endswith("?")
