"""Headlines and search results as a local Yahoo lists them: the shapes of /xhr/ncp and /v1/finance/search, written from
scratch. It does not know HTTP.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from tests.servers.yahoo_charts import Book


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """One article that Yahoo lists. `at` None leaves the date out; `is_ad` makes it an advertisement."""

    uuid: str
    title: str | None = "A headline"
    summary: str | None = "What it is about."
    publisher: str | None = "Example Wire"
    at: datetime | None = datetime(2026, 3, 2, 12, tzinfo=UTC)
    url: str | None = "https://finance.yahoo.com/news/example.html"
    lang: str | None = "en-US"
    is_ad: bool = False


def news_list(headlines: Iterable[Headline]) -> dict[str, Any]:
    """The body that answers a question about a symbol's news."""
    stream = [_ad(headline) if headline.is_ad else _nested(headline) for headline in headlines]
    return {
        "data": {"tickerStream": {"nextPage": False, "pagination": {"uuids": ""}, "stream": stream}},
        "status": "OK",
    }


def search_result(text: str, books: Iterable[Book], count: int) -> dict[str, Any]:
    """The body that answers a search for `text`: symbols that begin with it and names that contain it, and things that
    are no listings.
    """
    wanted = text.upper()
    found = [book for book in books if book.symbol.startswith(wanted) or wanted in book.name.upper()]
    found.sort(key=lambda book: (book.symbol != wanted, book.symbol))
    quotes = [_quote(book) for book in found]
    # an option on what was found, and a company that is not listed at all
    quotes += [{**quote, "symbol": f"{quote['symbol']}270115C00100000", "quoteType": "OPTION"} for quote in quotes[:1]]
    quotes.append({"index": "crunchbase", "name": f"{text} Labs", "permalink": "labs", "isYahooFinance": False})
    return {"explains": [], "count": len(quotes), "quotes": quotes[:count], "news": [], "nav": [], "lists": []}


def _nested(headline: Headline) -> dict[str, Any]:
    link = {"url": headline.url, "site": "finance", "region": "US", "lang": headline.lang}
    content = {
        "id": headline.uuid,
        "contentType": "STORY",
        "title": headline.title,
        "description": "",
        "summary": headline.summary,
        "pubDate": None if headline.at is None else _zulu(headline.at),
        "displayTime": None if headline.at is None else _zulu(headline.at),
        "isHosted": True,
        "provider": None if headline.publisher is None else {"displayName": headline.publisher, "url": "https://x.example/"},
        "canonicalUrl": None if headline.url is None else link,
        "clickThroughUrl": None,
        "thumbnail": None,
        "finance": {"premiumFinance": {"isPremiumNews": False, "isPremiumFreeNews": False}},
    }  # fmt: skip
    return {"id": headline.uuid, "content": content}


def _ad(headline: Headline) -> dict[str, Any]:
    return {"id": headline.uuid, "ad": [{"title": headline.title}], "content": None}


def _quote(book: Book) -> dict[str, Any]:
    return {
        "exchange": book.exchange.code,
        "shortname": book.name.upper()[:20],
        "longname": book.name,
        "quoteType": book.kind,
        "symbol": book.symbol,
        "index": "quotes",
        "score": 20_000.0,
        "typeDisp": book.kind.title(),
        "exchDisp": book.exchange.name,
        "isYahooFinance": True,
    }


def _zulu(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
