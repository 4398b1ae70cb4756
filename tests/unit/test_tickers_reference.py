"""The resolver against texts that people have labelled; skips where the folder of real data is absent."""

from collections import Counter
from datetime import timedelta

import pytest

from lib.text.hangul import is_syllable
from lib.tickers.resolver import Resolver
from tests.support.reference import delisted_listings, korean_listings, read_lines, us_listings


@pytest.fixture(scope="module")
def us_resolver() -> Resolver:
    return Resolver(us_listings())


def test_labelled_spans_of_tickers(us_resolver: Resolver) -> None:
    """A mention is right where a person marked a ticker or a company; a post's tickers are found or missed as a set."""
    listed = {listing.symbol for listing in us_listings()}
    right = mentions = found = marked = 0
    for row in read_lines("wsb_ticker_spans.jsonl.gz"):
        resolved = us_resolver.resolve(row["text"])
        mentions += len(resolved)
        right += sum(any(s["start"] < m.end and m.start < s["end"] for s in row["spans"]) for m in resolved)
        tickers = {s["text"].strip().lstrip("$").upper() for s in row["spans"] if s["label"] == "ticker"} & listed
        marked += len(tickers)
        found += len(tickers & {m.symbol for m in resolved})
    assert right / mentions >= 0.90
    assert found / marked >= 0.75


def test_annotated_symbols_of_posts(us_resolver: Resolver) -> None:
    """Nearly every annotated symbol is found; the rest are letters after a dollar sign inside other words."""
    listed = {listing.symbol for listing in us_listings()}
    found = annotated = 0
    for row in read_lines("stocknet_posts.jsonl.gz")[::10]:
        symbols = {symbol.replace(".", "-") for symbol in row["symbols"]} & listed
        annotated += len(symbols)
        found += len(symbols & {m.symbol for m in us_resolver.resolve(row["text"])})
    assert found / annotated >= 0.93


def test_delisted_companies_are_found_in_their_days_and_not_after() -> None:
    gone = delisted_listings()
    resolver = Resolver([*us_listings(), *korean_listings(), *gone])
    names = Counter(listing.name_ko for listing in (*korean_listings(), *gone))
    once = [listing for listing in gone if names[listing.name_ko] == 1 and _is_long_hangul(listing.name)][::10]
    assert len(once) > 50
    found = 0
    for listing in once:
        assert listing.delisted_on is not None
        text = f"{listing.name} 주가가 올랐다"
        in_its_days = resolver.resolve(text, at=listing.delisted_on - timedelta(days=1))
        found += listing.symbol in {mention.symbol for mention in in_its_days}
        assert listing.symbol not in {mention.symbol for mention in resolver.resolve(text, at=listing.delisted_on)}
    assert found / len(once) >= 0.95


def _is_long_hangul(name: str) -> bool:
    return len(name) >= 4 and all(map(is_syllable, name))


def test_both_markets_fit_into_one_resolver() -> None:
    resolver = Resolver([*us_listings(), *korean_listings()])
    assert {m.symbol for m in resolver.resolve("삼성전자가 오르고 $AAPL은 내렸다")} == {"005930.KS", "AAPL"}
    assert resolver.resolve("오늘 대상을 받은 사람인 줄 알았다") == ()
