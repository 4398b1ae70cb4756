"""The real yfinance against a local Yahoo: what a search finds, also after one that failed, and what recorded searches
amount to.
"""

import json
from typing import Any

import pytest

from lib.domain.symbols import Listing
from lib.errors import Denied, Malformed, RateLimited, SourceError, Unavailable
from lib.sources.yahoo.articles import read_articles
from lib.sources.yahoo.client import Yahoo
from tests.servers.faults import BAD_GATEWAY, Cut, Fault, HalfBody, HalfJson, Page, Slow, Status, TooMany
from tests.servers.yahoo import LocalYahoo
from tests.servers.yahoo_charts import KRX, NASDAQ, Book
from tests.support.data import data_file
from tests.support.haste import HASTE

PLTR = Book("PLTR", NASDAQ, name="Palantir Technologies Inc.")
FUND = Book("PLTW", NASDAQ, name="PLTR WeeklyPay™ ETF", kind="ETF")
SAMSUNG = Book("005930.KS", KRX, name="Samsung Electronics Co., Ltd.")


async def test_a_symbol_finds_its_listing_first_and_nothing_that_is_none(
    local_yahoo: LocalYahoo, source: Yahoo
) -> None:
    local_yahoo.publish(FUND, PLTR, SAMSUNG)
    assert await source.find_listings("PLTR") == [
        Listing(symbol="PLTR", name="Palantir Technologies Inc.", exchange="NASDAQ"),
        Listing(symbol="PLTW", name="PLTR WeeklyPay™ ETF", exchange="NASDAQ", kind="etf"),
    ]
    assert [found.exchange for found in await source.find_listings("samsung")] == ["KOSPI"]
    assert await source.find_listings("NOBODY") == []


async def test_a_failure_is_not_remembered_and_nor_is_an_answer(local_yahoo: LocalYahoo, source: Yahoo) -> None:
    local_yahoo.script.always("search/PLTR", BAD_GATEWAY)
    with pytest.raises(Unavailable):
        await source.find_listings("PLTR")
    local_yahoo.script.clear()
    assert await source.find_listings("PLTR") == []
    local_yahoo.publish(PLTR)
    assert [found.symbol for found in await source.find_listings("PLTR")] == ["PLTR"]


@pytest.mark.parametrize(
    "fault",
    [TooMany("0"), TooMany(), BAD_GATEWAY, Page(), HalfJson(), HalfBody(), Cut(), Slow(0.05)],
    ids=str,
)
async def test_one_bad_answer_is_asked_again(local_yahoo: LocalYahoo, source: Yahoo, fault: Fault) -> None:
    local_yahoo.publish(PLTR)
    local_yahoo.script.then("search/PLTR", fault)
    assert [found.symbol for found in await source.find_listings("PLTR")] == ["PLTR"]


@pytest.mark.parametrize(
    ("fault", "kind", "stream"),
    [
        (TooMany("3600"), RateLimited, ""),
        (TooMany(), RateLimited, ""),
        (BAD_GATEWAY, Unavailable, ""),
        (Status(400, b'{"finance": {"error": {"code": "Bad Request"}}}'), Unavailable, ""),
        (Page(), Malformed, ""),
        (HalfJson(), Malformed, ""),
        (Cut(), Unavailable, ""),
        (Status(403, b"Forbidden", "text/plain"), Denied, "listings"),
    ],
    ids=str,
)
async def test_what_lasts_comes_out_as_our_error_after_few_calls(
    local_yahoo: LocalYahoo, source: Yahoo, fault: Fault, kind: type[SourceError], stream: str
) -> None:
    local_yahoo.script.always("search/PLTR", fault)
    with pytest.raises(SourceError) as raised:
        await source.find_listings("PLTR")
    assert type(raised.value) is kind
    assert raised.value.stream == stream
    assert len(local_yahoo.lists) <= HASTE.attempts + 1


async def test_every_recorded_search_is_read_or_refused_with_a_reason(local_yahoo: LocalYahoo, source: Yahoo) -> None:
    searches = _recorded_searches()
    listings = articles = 0
    for text, body in searches:
        local_yahoo.recorded[f"search/{text}"] = body
        found = await source.find_listings(text)
        named = [quote for quote in body["quotes"] if quote.get("symbol") and quote.get("quoteType") != "OPTION"]
        assert {listing.symbol for listing in found} == {quote["symbol"] for quote in named}
        assert all(listing.name for listing in found)
        listings += len(found)

        read, dropped = read_articles(body["news"])
        assert dropped == {}
        assert [int(article.at.timestamp()) for article in read] == [
            news["providerPublishTime"] for news in body["news"]
        ]
        articles += len(read)
    assert listings > 50
    assert articles > 50


def _recorded_searches() -> list[tuple[str, Any]]:
    found = []
    for file in sorted(data_file("payloads/yahoo").glob("*.json")):
        for exchange in json.loads(file.read_bytes())["interactions"]:
            body = exchange["response"]["body"]
            if isinstance(body, dict) and "quotes" in body and "news" in body:
                found.append((file.stem, body))
    return found
