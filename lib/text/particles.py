"""Korean particles and the nouns that attach to a name without a space, as in 삼성전자가 or 카카오주가는.

It does not know names: it says whether what follows one leaves the name a word of its own. Where grammar lets the
particle depend on how the name ends (이 after a consonant, 가 after a vowel), a disagreement means that another, longer
word was written. Not a morphological analyser: an unknown ending counts as part of a longer word.
"""

from functools import lru_cache

from lib.text.hangul import final_consonant, is_syllable

_CONSONANT = (
    "이 은 을 과 으로 이나 이라 이랑 이란 이라고 이라는 이라도 이며 이고 이지만 이든 이야 이었다 이죠 이여 이라면"
)
_VOWEL = "가 는 를 와 로 나 라 랑 란 라고 라는 라도 며 고 지만 든 야 다 였다 죠 여 라면"
_ANY = """
의 에 도 만 보다 처럼 까지 부터 에서 에게 에게서 한테 께 께서 마저 조차 밖에 뿐 마다 같은 같이 대로 만큼 커녕 치고 하고
이다 입니다 였습니다 인데 인가 인지 임 에선 에는 에도 엔 에만 에서는 에서도 에서의 에의 까지는 까지도 부터는 부터도 만의
만은 만을 만이 보다는 보다도 처럼은 뿐만 뿐이 과의 와의 과는 와는 로는 로도 으로는 으로도 로서 으로서 로써 으로써 로부터
으로부터 로의 으로의 측 측은 측이 등 등의 등은 등이 등을 등에 들 들의
"""
# what people write right after a name; a particle may follow these in turn
_ATTACHED = """
우선주 관련주 테마주 수혜주 대장주 그룹주 주가 주식 주주 실적 배당 공시 차트 종목 목표가 시총 매수 매도 존버 물타기 급등
급락 상승 하락 떡상 떡락 그룹 본사 회장 사장 대표 직원 노조 협력사 계열사 주
"""
_AFTER_CONSONANT = frozenset(_CONSONANT.split())
_AFTER_VOWEL = frozenset(_VOWEL.split())
_AFTER_ANY = frozenset(_ANY.split())
_NOUNS = tuple(_ATTACHED.split())


@lru_cache(maxsize=4096)
def leaves_name_whole(last: str, tail: str) -> bool:
    """May `tail`, the Hangul directly after a name that ends in the character `last`, follow it as another word?

    >>> [leaves_name_whole("자", tail) for tail in ("가", "이", "우리", "주가는")]
    [True, False, False, True]
    """
    if not tail or _is_particle(last, tail):
        return True
    for noun in _NOUNS:
        if tail.startswith(noun):
            rest = tail[len(noun) :]
            if not rest or _is_particle(noun[-1], rest):
                return True
    return False


def _is_particle(last: str, tail: str) -> bool:
    if tail in _AFTER_ANY:
        return True
    if not is_syllable(last):
        return tail in _AFTER_CONSONANT or tail in _AFTER_VOWEL
    final = final_consonant(last)
    if final == "ㄹ" and tail == "로":
        return True
    return tail in (_AFTER_CONSONANT if final else _AFTER_VOWEL)
