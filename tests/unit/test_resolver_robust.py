"""Whatever the text, the resolver answers, and a text ten times as long is ten times the work."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.tickers.resolver import Resolver
from tests.support.listings import KNOWN
from tests.support.trials import trials
from tests.support.work import calls

RESOLVER = Resolver(KNOWN)

ANSWERED = [
    ("", set()),
    ("🚀🚀🚀", set()),
    ("a" * 1_000_000, set()),
    ("가" * 1_000_000, set()),
    ("\u0301" * 10_000, set()),
    ("\0$AAPL\0 \0", {"AAPL"}),
    ("\ud83d $AAPL \ude80", {"AAPL"}),
    ("שלום $AAPL, \u202e$TSLA\u202c مرحبا", {"AAPL", "TSLA"}),
    ("<p>$AAPL &amp; <b>$TSLA</b>&nbsp;$MSFT</p>", {"AAPL", "TSLA", "MSFT"}),
    ("Купил $AAPL и продал 삼성전자를 今日", {"AAPL", "005930.KS"}),
    ("\ufeff$AAPL\u200b $T\u00adSLA", {"AAPL", "TSLA"}),
]


@pytest.mark.parametrize(("text", "expected"), ANSWERED, ids=[ascii(text)[:30] for text, _ in ANSWERED])
def test_any_text_has_an_answer(text: str, expected: set[str]) -> None:
    mentions = RESOLVER.resolve(text)
    assert {mention.symbol for mention in mentions} == expected
    assert all(0 <= mention.start < mention.end <= len(text) for mention in mentions)


UNITS = [
    "a", "가", "$A ", "$", "$A", "$AAPL", "Apple ", "AMD, ", "amd/", "AAPL/", "@a", "x.com/", "www.", "& ", "&amp ",
    "-", "NYSE: ", "NYSE:A ", "share on $FB ", "005930 매수 ", "삼전", "삼성전자가 ", "ＡＡＰＬ", "\u0301", "\ud800",
    "\0", "<b>", "\u202eא", "\u200b$A", "BRK.", "Target ", "$AAPL…", "$A$", "(", "'", "\n",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS, ids=repr)
def test_work_grows_with_the_length_and_no_faster(unit: str) -> None:
    short, long = (calls(RESOLVER.resolve, unit * (length // len(unit))) for length in (2_000, 20_000))
    assert long < 12 * short + 100


@settings(deadline=None, max_examples=trials(300, 100))
@given(st.lists(st.sampled_from([*UNITS, " ", "AMD ", "calls "]), max_size=30).map("".join))
def test_any_mixture_has_an_answer(text: str) -> None:
    for mention in RESOLVER.resolve(text):
        assert 0 <= mention.start < mention.end <= len(text)
