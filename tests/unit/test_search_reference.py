"""Search over the listings of two markets; skips where the folder of real data is absent."""

import pytest

from lib.search.index import SearchIndex
from tests.support.reference import korean_listings, us_listings


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    return SearchIndex(dict(enumerate([*us_listings(), *korean_listings()], start=1)))


FIRST = {
    "005935.KS": "삼성전자우",
    "005930.KS": "삼성전자,ㅅㅅㅈㅈ,005930,삼섬전자,삼전,삼성전,삼성저,samsung,ㅅㅅㅈ,삼성",
    "AAPL": "aapl,apple,appel,$AAPL",
    "MSFT": "micorsoft,microsoft,msft",
    "BRK-B": "BRK.B,BRK-B,berkshire hathaway",
    "000660.KS": "하이닉스,sk hynix,하닉,ㅎㅇㄴㅅ",
    "035420.KS": "naver,네이버",
    "035720.KS": "카카오,kakao",
    "TSLA": "teslla,tesla,테슬라",
    "NVDA": "nvdia,nvidia",
    "BAC": "bank ameri,bank of america",
}


@pytest.mark.parametrize(
    ("query", "symbol"), [(q, symbol) for symbol, typed in FIRST.items() for q in typed.split(",")]
)
def test_what_comes_first(index: SearchIndex, query: str, symbol: str) -> None:
    assert index.search(query)[0].listing.symbol == symbol
