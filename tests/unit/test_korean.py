"""`korean@1` on sentences of all kinds: what each word, ending and number does; and what holds for every text."""

import math
import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.domain.sentiment import Score
from lib.scoring.korean import Korean
from lib.scoring.korean.lexicon import Lexicon
from lib.scoring.verdict import MOST_TERMS, label_of
from tests.support.trials import trials

KOREAN = Korean()
LEXICON = Lexicon()

POSITIVE = """
삼성전자 3분기 영업이익 사상 최대 기록
하이닉스 급등, 52주 신고가 경신
오늘 상한가 갔다 가즈아
떡상 간다 풀매수했다
적자에서 흑자로 전환하며 주가가 올랐다
목표주가를 12만원으로 상향 조정했다
매출이 전년 대비 20% 증가했다
영업손실이 크게 줄었다
부채비율이 하락하며 재무구조가 개선됐다
악재가 없다
우려가 해소됐다
우려와 달리 실적은 나쁘지 않았다
5% 상승 마감
순이익은 870만 유로에서 1,310만 유로였다
영업이익은 120억원으로 전년 동기 95억원에 비해 나아졌다
매출은 줄었지만 영업이익은 크게 늘었다
적자폭 축소
코스피 ▲1.2% 마감
존버는 승리한다
드디어 양전, 구조대 왔다
따따블 갔다 🚀
인플레이션 우려 완화에 증시 상승
"""
NEGATIVE = """
급락했다 손절해야 하나
하한가 맞고 물렸다
떡락 중이네 ㅠㅠ
적자전환 공시 나왔다
목표가 하향
영업이익이 전년 대비 30% 감소했다
매출이 늘었지만 손실도 커졌다
실적 부진에 약세
호재가 아니다
상승하지 못했다
안 오른다 진짜
안오른다
주가가 오르지 않는다
비용이 급증해 이익이 줄었다
순이익은 1,310만 유로에서 870만 유로였다
순손실을 기록했다
코스닥 ▼2.3%
연체율이 상승하고 있다
판매량이 -12% 줄었다
기대에 못 미치는 실적
반토막 났다
한강물 온도 체크
고점에서 음전 📉
무상증자가 아니라 감자 결정
"""
NEUTRAL = """
삼성전자는 내일 주주총회를 연다
회사는 헬싱키에 본사를 두고 있다
관망 중입니다
계약 금액은 공개되지 않았다
현대차는 1967년에 설립되었다
분위기가 어떤가요
두 회사는 합병 계획을 논의할 예정이다
감사보고서를 제출했다
주식 매수 청구권 행사 기간 안내
코스피 보합 마감
급등락이 있는 종목
하늘이 맑다
감자 튀김이 맛있다
한강에서 자전거를 탔다
"""


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


@pytest.mark.parametrize(
    ("text", "label"),
    [
        *((text, "positive") for text in lines(POSITIVE)),
        *((text, "negative") for text in lines(NEGATIVE)),
        *((text, "neutral") for text in lines(NEUTRAL)),
    ],
)
def test_labels(text: str, label: str) -> None:
    assert KOREAN.score(text).label == label


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        ("주가가 크게 올랐다", "주가가 올랐다"),
        ("주가가 올랐다", "주가가 소폭 올랐다"),
        ("주가가 올랐다", "주가가 오르면 판다는데"),
        ("실적이 좋다", "실적이 좋을까?"),
        ("급등", "상승"),
        ("주가 하락", "주가 폭락"),
    ],
)
def test_degrees_and_doubts(stronger: str, weaker: str) -> None:
    assert KOREAN.score(stronger).value > KOREAN.score(weaker).value


def test_reasons_name_the_words() -> None:
    text = "🚀 삼성전자 급등했지만, 순손실은 줄지 않았다"
    score = KOREAN.score(text)
    assert [term.text for term in score.explanation][:3] == ["🚀", "급등", "순손실"]
    assert_adds_up(text, score)


def test_decomposed_text_scores_as_composed_text_and_its_spans_are_its_own() -> None:
    composed = "실적 개선에 주가가 급등했다"
    decomposed = unicodedata.normalize("NFD", composed)
    score = KOREAN.score(decomposed)
    assert score.value == KOREAN.score(composed).value
    assert unicodedata.normalize("NFC", score.explanation[-1].text) == "급등"
    assert_adds_up(decomposed, score)


def test_the_lexicon_is_large_and_each_word_of_it_does_one_thing() -> None:
    assert len(LEXICON.entries) >= 600
    assert len({entry.stem for entry in LEXICON.entries}) == len(LEXICON.entries)


def assert_adds_up(text: str, score: Score) -> None:
    assert math.isclose(sum(term.weight for term in score.explanation), score.raw, abs_tol=1e-9)
    assert all(text[term.start : term.end] == term.text for term in score.explanation)
    assert len(score.explanation) <= MOST_TERMS
    assert -1 <= score.value <= 1
    assert score.label == label_of(score.value)


_PIECES = [
    *(entry.stem for entry in LEXICON.entries[::7]), " ", " ", "\n", ".", "?", "지 않다", "가 없다", "이 아니다", "안 ",
    "하지만 ", "에도 불구하고 ", "면 ", "5%", "▲", "-3.2%", "120억원에서 ", "95억 원에 비해 ", "🚀",
    "\u1109\u1161", "\ud800", "\0", "<b>", "&amp;", "\u202e", "שלום", "abc",
]  # fmt: skip


@settings(deadline=None, max_examples=trials(400, 120))
@given(st.one_of(st.text(), st.lists(st.sampled_from(_PIECES), max_size=30).map("".join)))
@example("")
@example("급등 " * 60)
def test_reasons_add_up_whatever_the_text(text: str) -> None:
    assert_adds_up(text, KOREAN.score(text))


@pytest.mark.parametrize(
    "unit", ["급등 ", "급등", "매출이 10% 증가했다. ", "안", "가", "120억원에서 ", "지 않", "!", "▲", "👍 "]
)
def test_time_grows_with_the_length_and_no_faster(unit: str) -> None:
    short, long = unit * (10_000 // len(unit)), unit * (100_000 // len(unit))
    assert _seconds(long) < 40 * _seconds(short) + 0.02


def _seconds(text: str) -> float:
    taken = []
    for _ in range(3):
        start = time.process_time()
        KOREAN.score(text)
        taken.append(time.process_time() - start)
    return min(taken)
