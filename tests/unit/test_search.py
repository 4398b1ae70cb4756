"""From what a person typed to listings: what must come first, in which order, and that nothing typed is too odd."""

import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.symbols import Listing
from lib.search.index import Match, SearchIndex
from tests.support.listings import KNOWN, made_up

LISTINGS = dict(enumerate([*made_up(10_000), *KNOWN], start=1))
INDEX = SearchIndex(LISTINGS)

FIRST = {
    "005930.KS": "삼성전자 ㅅㅅㅈㅈ 005930 005930.ks 삼섬전자 삼전 삼성전 삼성저 삼성젅 ㅅㅅㅈ 삼성 samsung",
    "AAPL": "aapl apple appel $AAPL ＡＡＰＬ 애플",
    "MSFT": "micorsoft msft microsft",
    "BRK-B": "BRK.B BRK-B brk/b berkshire",
    "000660.KS": "하이닉스 sk하이닉스 ㅎㅇㄴㅅ skㅎㅇ hynix 하닉",
    "035420.KS": "네이버 naver",
    "005380.KS": "현대차 hyundai",
    "META": "facebook meta",
}
PHRASES = {
    "samsungelectronics": "005930.KS",
    "samsnug electronics": "005930.KS",
    "samsung electronics": "005930.KS",
    "electronics samsung": "005930.KS",
    "Samsung Electronics Co., Ltd.": "005930.KS",
    "삼성 전자": "005930.KS",
    "berkshire hathaway": "BRK-B",
    "bank of america": "BAC",
    "bank ameri": "BAC",
    "advanced micro devices": "AMD",
}
CASES = [*((query, symbol) for symbol, queries in FIRST.items() for query in queries.split()), *PHRASES.items()]


def symbols(matches: list[Match]) -> list[str]:
    return [match.listing.symbol for match in matches]


@pytest.mark.parametrize(("query", "symbol"), CASES)
def test_what_comes_first(query: str, symbol: str) -> None:
    assert symbols(INDEX.search(query))[:1] == [symbol]


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("005930", "symbol"),
        ("삼성전자", "name"),
        ("삼전", "alias"),
        ("삼성전", "prefix"),
        ("ㅅㅅㅈㅈ", "initials"),
        ("삼섬전자", "fuzzy"),
    ],
)
def test_how_it_was_found_is_said(query: str, kind: str) -> None:
    assert INDEX.search(query)[0].kind == kind


def test_matches_carry_id_listing_and_score() -> None:
    (match,) = INDEX.search("aapl")
    assert LISTINGS[match.symbol_id] is match.listing
    assert match.score == 1.0


def test_common_shares_come_before_other_paper_of_the_company() -> None:
    found = symbols(INDEX.search("bank of america"))
    assert found.index("BAC") < found.index("BAC-PE")
    assert symbols(INDEX.search("samsung electronics"))[:2] == ["005930.KS", "005935.KS"]


def test_exact_before_prefix_before_word_before_typo() -> None:
    index = SearchIndex(
        dict(enumerate([
            Listing(symbol="D", name="Great Zorvan Inc."), Listing(symbol="C", name="Zorvam Inc."),
            Listing(symbol="B", name="Zorvane Inc."), Listing(symbol="A", name="Zorvan Inc."),
        ]))
    )  # fmt: skip
    found = index.search("zorvan")
    assert [(m.listing.symbol, m.kind) for m in found] == [("A", "name"), ("B", "prefix")]
    assert [(m.listing.symbol, m.kind) for m in index.search("zorva")] == [
        ("C", "prefix"), ("A", "prefix"), ("B", "prefix"), ("D", "name")
    ]  # fmt: skip
    assert [(m.listing.symbol, m.kind) for m in index.search("zrovan")] == [("A", "fuzzy"), ("B", "fuzzy")]


def test_what_is_still_listed_comes_first() -> None:
    gone = Listing(symbol="AAA", name="Zorvan Inc.", delisted_on=date(2020, 1, 1))
    here = Listing(symbol="ZZZ", name="Zorvan Inc.")
    assert symbols(SearchIndex({1: gone, 2: here}).search("zorvan")) == ["ZZZ", "AAA"]


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(["삼성", "z", "ㅅ", "co", "holdings", "appel", "bank of"]), st.integers(1, 7))
def test_pages_join_to_the_whole(query: str, size: int) -> None:
    whole = INDEX.search(query, limit=40)
    pages = [INDEX.search(query, limit=size, offset=start) for start in range(0, 40, size)]
    assert [match for page in pages for match in page][:40] == whole
    assert [match.score for match in whole] == sorted((match.score for match in whole), reverse=True)
    assert len({match.symbol_id for match in whole}) == len(whole)


@settings(deadline=None, max_examples=10)
@given(st.randoms(use_true_random=False), st.sampled_from(["zorv", "samsnug", "카카", "b"]))
def test_the_order_of_the_listings_does_not_matter(chance: random.Random, query: str) -> None:
    listings = [*KNOWN, *made_up(40)]
    whole = SearchIndex(dict(enumerate(listings))).search(query)
    chance.shuffle(listings)
    assert symbols(SearchIndex(dict(enumerate(listings))).search(query)) == symbols(whole)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_query(text: str) -> None:
    assert all(0 < match.score <= 1 for match in INDEX.search(text))


@pytest.mark.parametrize("query", ["", " ", "\x00", "🚀", "%_\\", "\n\t", "$", "'", "&", "\u200b", "ㅏ" * 5, "\ud800"])
def test_nothing_sensible_finds_nothing(query: str) -> None:
    assert INDEX.search(query) == []


@pytest.mark.parametrize("query", ["a" * 10_000, "삼성" * 5_000, "x y " * 2_500, "🚀" * 10_000, "$" * 10_000])
def test_long_queries_end(query: str) -> None:
    assert len(INDEX.search(query)) <= 20


def test_limits() -> None:
    assert INDEX.search("apple", limit=0) == []
    assert INDEX.search("apple", offset=10_000) == []
    assert len(INDEX.search("z", limit=3)) == 3
    assert INDEX.search("apple", offset=-5) == INDEX.search("apple")


def test_an_empty_index_finds_nothing() -> None:
    assert SearchIndex({}).search("apple") == []
