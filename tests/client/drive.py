"""Drives a generated client against a running API: run by the client's own interpreter, which has nothing of ours.

Usage: drive.py ADDRESS. Every step checks what came by its type; the last line it prints is `ok`.
"""

import sys

from insitechart_client import Client
from insitechart_client.api.health import get_readiness
from insitechart_client.api.sentiment import analyze_text, get_posts, get_sentiment, get_sentiment_series, get_trending
from insitechart_client.api.stocks import get_bars, get_stock, search_stocks
from insitechart_client.models import (
    Analysis,
    AnalyzeRequest,
    BarsTable,
    PostPage,
    Problem,
    Readiness,
    Sentiment,
    SeriesTable,
    Stock,
    StockPage,
    Trending,
)


def main(address: str) -> None:
    """Asks for everything once."""
    with Client(base_url=address, raise_on_unexpected_status=True) as client:
        find(client)
        read_bars(client)
        read_sentiment(client)
        analyze(client)
        be_refused(client)
    sys.stdout.write("ok\n")


def find(client: Client) -> None:
    """Search by name, page by page, and one listing in full."""
    found = search_stocks.sync(client=client, q="삼성전자")
    assert isinstance(found, StockPage)
    assert found.items[0].symbol == "005930.KS"
    assert found.items[0].match is not None
    first = search_stocks.sync(client=client, limit=2)
    assert isinstance(first, StockPage)
    assert isinstance(first.next_, str)
    second = search_stocks.sync(client=client, limit=2, cursor=first.next_)
    assert isinstance(second, StockPage)
    assert second.next_ is None
    assert {item.symbol for item in first.items + second.items} == {"AAPL", "005930.KS", "BRK-B"}
    stock = get_stock.sync("AAPL", client=client)
    assert isinstance(stock, Stock)
    assert stock.last_bar is not None
    assert stock.last_bar.start.tzinfo is not None
    assert stock.last_sentiment is not None
    ready = get_readiness.sync(client=client)
    assert isinstance(ready, Readiness)
    assert ready.parts["database"].state == "ok"


def read_bars(client: Client) -> None:
    """Columns of equal length; an answer that is known already is not sent again."""
    bars = get_bars.sync("AAPL", client=client, interval="1d", limit=5)
    assert isinstance(bars, BarsTable)
    assert len(bars.start) == len(bars.close) == 5
    assert bars.truncated
    answer = get_bars.sync_detailed("AAPL", client=client)
    again = client.with_headers({"If-None-Match": answer.headers["etag"]})
    assert get_bars.sync_detailed("AAPL", client=again).status_code == 304


def read_sentiment(client: Client) -> None:
    """The summary, the series, the ranking and the posts themselves."""
    summary = get_sentiment.sync("AAPL", client=client, window="7d")
    assert isinstance(summary, Sentiment)
    assert summary.label in ("positive", "neutral", "negative")
    assert summary.confidence in ("none", "low", "medium", "high")
    assert summary.by_source[0].source == "reddit"
    series = get_sentiment_series.sync("AAPL", client=client, interval="1h")
    assert isinstance(series, SeriesTable)
    assert len(series.start) == len(series.score) > 0
    trending = get_trending.sync(client=client, window="7d", market="KR")
    assert isinstance(trending, Trending)
    assert [item.symbol for item in trending.items] == ["005930.KS"]
    page = get_posts.sync("AAPL", client=client, limit=3, label="positive")
    assert isinstance(page, PostPage)
    assert len(page.items) == 3
    assert page.items[0].mentions[0].symbol == "AAPL"


def analyze(client: Client) -> None:
    """A text is read, with its reasons."""
    told = analyze_text.sync(client=client, body=AnalyzeRequest(text="$AAPL crushed it again, great quarter!"))
    assert isinstance(told, Analysis)
    assert told.label == "positive"
    assert told.mentions[0].symbol == "AAPL"
    assert abs(sum(term.weight for term in told.explanation) - told.raw) < 0.01


def be_refused(client: Client) -> None:
    """Problems are typed, too."""
    unknown = get_stock.sync("NOSUCH", client=client)
    assert isinstance(unknown, Problem)
    assert (unknown.status, unknown.type_) == (404, "urn:insitechart:unknown-symbol")
    bad = get_bars.sync("AAPL", client=client, start="yesterday")
    assert isinstance(bad, Problem)
    assert (bad.status, bad.parameter) == (400, "start")
    assert bad.hint
    empty = analyze_text.sync(client=client, body=AnalyzeRequest(text=""))
    assert isinstance(empty, Problem)
    assert empty.parameter == "text"


if __name__ == "__main__":
    main(sys.argv[1])
