"""The real yfinance against a local Yahoo: what becomes of headlines, and of every way in which Yahoo does not give
them.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lib.collect.gate import Gate
from lib.collect.posts import collect_stream
from lib.db.pool import Pool
from lib.domain.posts import Post
from lib.domain.symbols import Listing
from lib.errors import Denied, Malformed, RateLimited, SourceError, Unavailable
from lib.settings import Settings
from lib.sources.access import Access
from lib.sources.bars import BarSource
from lib.sources.declared import Opening
from lib.sources.interest import Interest
from lib.sources.posts import Cursor, Page, PostSource
from lib.sources.registry import declaration
from lib.sources.yahoo.client import Yahoo
from tests.servers.faults import BAD_GATEWAY, Cut, Fault, HalfBody, HalfJson, Slow, Status, TooMany
from tests.servers.faults import Page as WebPage
from tests.servers.yahoo import LocalYahoo
from tests.servers.yahoo_lists import Headline
from tests.support.access import NotedAccess
from tests.support.haste import HASTE, hasty_yahoo

APPLE = "news/AAPL"
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
async def news(local_yahoo: LocalYahoo, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Yahoo]:
    """The product's own client, which watches two symbols."""
    async with hasty_yahoo(tmp_path_factory, watched=("AAPL", "MSFT")) as client:
        yield client


def headline(number: int, minutes_ago: float = 60, **values: object) -> Headline:
    at = NOW - timedelta(minutes=minutes_ago)
    fields = {"uuid": f"{number:08d}-0000-3000-8000-000000000000", "title": f"Headline {number}", "at": at}
    return Headline(**(fields | values))  # type: ignore[arg-type]


async def read(source: Yahoo, cursor: Cursor | None = None, stream: str = APPLE) -> Page:
    (page,) = [page async for page in source.pages(stream, cursor)]
    return page


def titles(posts: Sequence[Post]) -> list[str | None]:
    return [post.title for post in posts]


async def test_a_headline_becomes_a_post(local_yahoo: LocalYahoo, news: Yahoo) -> None:
    local_yahoo.headlines["AAPL"] = [
        headline(1, title="Apple &amp; 삼성 🚀", summary="It\0 rose. "),
        headline(2, summary=None, publisher=None, url=None, lang=None),
        headline(3, is_ad=True),
    ]

    page = await read(news)

    assert page.posts[0] == Post(
        source="yahoo",
        external_id="00000001-0000-3000-8000-000000000000",
        published_at=NOW - timedelta(hours=1),
        title="Apple &amp; 삼성 🚀",
        text="It rose.",
        author="Example Wire",
        lang="en",
        url="https://finance.yahoo.com/news/example.html",
    )
    second = page.posts[1]
    assert (second.text, second.author, second.url, second.lang) == ("", None, None, None)
    assert (len(page.posts), page.received, dict(page.dropped)) == (2, 2, {})
    assert page.start == NOW - timedelta(hours=1)
    assert page.end >= NOW


async def test_the_streams_are_the_watched_symbols(news: Yahoo) -> None:
    assert news.streams() == ("news/AAPL", "news/MSFT")


async def test_only_what_is_new_or_reads_differently_comes_again(local_yahoo: LocalYahoo, news: Yahoo) -> None:
    local_yahoo.headlines["AAPL"] = [headline(2, 5), headline(1, 10)]
    first = await read(news)
    local_yahoo.headlines["AAPL"] = [headline(3, 1), headline(2, 5, title="Corrected"), headline(1, 10)]
    second = await read(news, first.cursor)
    third = await read(news, second.cursor)
    assert titles(second.posts) == ["Headline 3", "Corrected"]
    assert (third.posts, third.received) == ((), 0)
    assert (second.start, third.start) == (first.end, second.end)
    assert first.lost == second.lost == third.lost == ()


async def test_what_dropped_off_the_list_unseen_is_lost(local_yahoo: LocalYahoo, news: Yahoo) -> None:
    local_yahoo.headlines["AAPL"] = [headline(1, 600)]
    first = await read(news)
    local_yahoo.headlines["AAPL"] = [headline(n, -n / 60) for n in range(90, 40, -1)]
    second = await read(news, first.cursor)
    (lost,) = second.lost
    assert len(second.posts) == 30
    assert "newest 30" in lost.reason
    assert lost.start <= first.end
    assert lost.end <= second.end


async def test_what_is_no_article_is_left_out_and_counted(local_yahoo: LocalYahoo, news: Yahoo) -> None:
    good = {"id": "1", "content": {"id": "1", "title": "good", "pubDate": "2026-03-02T12:00:00Z"}}
    odd = [
        {"id": "2", "content": {"title": "no date"}},
        {"id": "3", "content": {"title": "", "pubDate": "2026-03-02T12:00:00Z"}},
        {"content": {"title": "no identity", "pubDate": "2026-03-02T12:00:00Z"}},
        {"id": "4", "content": {"title": ["a list"], "pubDate": "soon"}},
        {"id": "5"},
        "nothing like an article",
        good,
    ]  # fmt: skip
    local_yahoo.recorded[APPLE] = {"data": {"tickerStream": {"stream": [good, *odd[:-2], good]}}, "status": "OK"}
    page = await read(news)
    assert titles(page.posts) == ["good"]
    assert dict(page.dropped) == {"without a date": 1, "without words": 2, "without identity": 1, "unreadable": 1}


async def test_a_symbol_without_news_is_an_answer(local_yahoo: LocalYahoo, news: Yahoo) -> None:
    page = await read(news)
    assert (page.posts, page.received) == ((), 0)


PASSING: list[Fault] = [TooMany("0"), TooMany(), BAD_GATEWAY, WebPage(), HalfJson(), HalfBody(), Cut(), Slow(0.05)]


@pytest.mark.parametrize("fault", PASSING, ids=str)
async def test_one_bad_answer_is_asked_again(local_yahoo: LocalYahoo, news: Yahoo, fault: Fault) -> None:
    local_yahoo.headlines["AAPL"] = [headline(1)]
    local_yahoo.script.then(APPLE, fault)
    assert titles((await read(news)).posts) == ["Headline 1"]


LASTING: list[tuple[Fault, type[SourceError], str]] = [
    (TooMany(), RateLimited, ""),
    (TooMany("3600"), RateLimited, ""),
    (BAD_GATEWAY, Unavailable, ""),
    (Status(404, b"<html></html>", "text/html"), Unavailable, ""),
    (WebPage(), Malformed, ""),
    (HalfJson(), Malformed, ""),
    (Status(200, b'{"data": {}}'), Malformed, ""),
    (HalfBody(), Unavailable, ""),
    (Cut(), Unavailable, ""),
    (Status(401, b"{}"), Denied, APPLE),
    (Status(402), Denied, APPLE),
    (Status(403, b"Forbidden", "text/plain"), Denied, APPLE),
]


@pytest.mark.parametrize(("fault", "kind", "stream"), LASTING, ids=str)
async def test_what_lasts_comes_out_as_our_error_after_few_calls(
    local_yahoo: LocalYahoo, news: Yahoo, fault: Fault, kind: type[SourceError], stream: str
) -> None:
    local_yahoo.script.always(APPLE, fault)
    with pytest.raises(SourceError) as raised:
        await read(news)
    assert type(raised.value) is kind
    assert (raised.value.source, raised.value.stream) == ("yahoo", stream), "bars come from another host"
    assert len(local_yahoo.lists) <= HASTE.attempts + 1


async def test_an_article_about_two_symbols_is_stored_once(pool: Pool, local_yahoo: LocalYahoo, news: Yahoo) -> None:
    shared = headline(1, 30)
    local_yahoo.headlines = {"AAPL": [shared, headline(2, 40)], "MSFT": [shared, headline(3, 20)]}
    for _ in range(2):
        for stream in news.streams():
            outcome = await collect_stream(pool, news, stream, gate=Gate())
            assert outcome is not None
            assert outcome.changed == 0
    stored = await pool.fetch("SELECT title, author, published_at FROM posts ORDER BY title")
    assert [row["title"] for row in stored] == ["Headline 1", "Headline 2", "Headline 3"]
    assert stored[0]["published_at"] == NOW - timedelta(minutes=30)
    assert await pool.fetchval("SELECT count(*) FROM coverage WHERE state IN ('ok', 'empty')") == 4


async def test_opened_by_its_declaration_it_brings_bars_and_headlines(
    local_yahoo: LocalYahoo, tmp_path_factory: pytest.TempPathFactory
) -> None:
    local_yahoo.headlines["AAPL"] = [headline(1)]
    # yfinance cannot change its folder within a process
    home: Path = tmp_path_factory.getbasetemp()
    access: Access = NotedAccess()
    settings = Settings(home=home, yahoo_calls_per_minute=6000)
    interest = Interest(watched=[Listing(symbol="AAPL", name="Apple Inc.")])
    async with declaration("yahoo").open(Opening(settings, access, interest)) as source:
        assert isinstance(source, PostSource)
        assert isinstance(source, BarSource)
        assert source.streams() == ("news/AAPL",)
        pages = [page async for page in source.pages(APPLE, None)]
    assert titles(pages[0].posts) == ["Headline 1"]
