"""The real httpx and feedparser against publishers that fail in every way they can: what comes out, and how often they
are asked.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest

from lib.errors import Denied, Malformed, RateLimited, SourceError, Unavailable
from lib.sources.feeds.client import Feeds
from tests.servers.faults import BAD_GATEWAY, Cut, Fault, HalfBody, HalfJson, Slow, Status, TooMany
from tests.servers.faults import Page as WebPage
from tests.servers.feed_documents import Feed, Item
from tests.servers.feeds import LocalFeeds
from tests.support.access import NotedAccess
from tests.support.feeds import ADDRESS, PLACE, STREAM, Clock, hasty_feeds, read

NEWS = Item(title="삼성전자 🚀", guid="1", text="<p>words</p>" * 50)

BOMB = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>
<rss version="2.0"><channel><item><title>&d;</title></item></channel></rss>"""
WIDE_BOMB = (
    b'<!DOCTYPE rss [<!ENTITY a "%s">]><rss version="2.0"><channel><item><title>%s</title></item></channel></rss>'
)
OUTSIDE = b"""<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<rss version="2.0"><channel><item><title>&a;</title></item></channel></rss>"""
HIDDEN = b"<!-- <rss> <![CDATA[ --><!DOCTYPE rss [<!ENTITY a 'x'>]><rss version='2.0'><channel/></rss><!-- ]]> -->"


@pytest.fixture
def access() -> NotedAccess:
    return NotedAccess()


@pytest.fixture
async def source(local_feeds: LocalFeeds, access: NotedAccess) -> AsyncIterator[Feeds]:
    async with hasty_feeds(Clock(), access) as client:
        yield client


PASSING: list[Fault] = [BAD_GATEWAY, WebPage(), HalfJson(), HalfBody(), Cut(), Slow(0.05)]


@pytest.mark.parametrize("fault", PASSING, ids=str)
async def test_one_bad_answer_is_asked_again(local_feeds: LocalFeeds, source: Feeds, fault: Fault) -> None:
    local_feeds.publish(ADDRESS, Feed(items=[NEWS]))
    local_feeds.script.then(PLACE, fault)
    page = await read(source)
    assert page is not None
    assert [post.title for post in page.posts] == ["삼성전자 🚀"]


LASTING: list[tuple[Fault, type[SourceError], int]] = [
    (TooMany(), RateLimited, 1),
    (TooMany("3600"), RateLimited, 1),
    (Status(503), Unavailable, 2),
    (BAD_GATEWAY, Unavailable, 2),
    (Status(500), Unavailable, 2),
    (Status(418), Unavailable, 2),
    (Status(204), Unavailable, 2),
    (Status(401), Denied, 1),
    (Status(402), Denied, 1),
    (Status(403, b"Forbidden", "text/plain"), Denied, 1),
    (Status(404), Denied, 1),
    (Status(410), Denied, 1),
    (WebPage(), Malformed, 2),
    (HalfJson(), Malformed, 2),
    (Status(200, b"", "application/xml"), Malformed, 2),
    (Status(200, b'{"items": []}'), Malformed, 2),
    (Status(200, b"/etc/passwd", "text/plain"), Malformed, 2),
    (HalfBody(), Unavailable, 2),
    (Cut(), Unavailable, 2),
]


@pytest.mark.parametrize(("fault", "kind", "calls"), LASTING, ids=str)
async def test_what_lasts_comes_out_as_our_error_about_this_stream_alone(
    local_feeds: LocalFeeds, source: Feeds, fault: Fault, kind: type[SourceError], calls: int
) -> None:
    local_feeds.publish(ADDRESS, Feed(items=[NEWS]))
    local_feeds.script.always(PLACE, fault)
    with pytest.raises(SourceError) as raised:
        await read(source)
    assert type(raised.value) is kind
    assert (raised.value.source, raised.value.stream) == ("feeds", STREAM)
    assert "news.example/rss" in str(raised.value)
    assert raised.value.hint
    assert len(local_feeds.calls) == calls


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        WIDE_BOMB % (b"ha" * 100_000, b"&a;" * 100_000),
        OUTSIDE,
        HIDDEN,
        BOMB.decode().encode("utf-16"),
        b"<rss version='2.0'><channel><item><title>cut",
        b"<rss version='2.0'><channel><item><title>x</wrong></item></channel></rss>",
        b"<opml version='2.0'><body/></opml>",
        b"\x1f\x8b\x08 not packed at all",
        b"<a b='" * 500_000,
    ],
    ids=["bomb", "wide-bomb", "outside", "hidden", "bomb-in-utf-16", "cut", "crossed", "opml", "binary", "tags"],
)
async def test_what_is_no_feed_is_refused_quickly(local_feeds: LocalFeeds, source: Feeds, body: bytes) -> None:
    local_feeds.publish(ADDRESS, Feed(raw=body))
    began = monotonic()
    with pytest.raises(Malformed, match=r"cannot be read: it "):
        await read(source)
    assert monotonic() - began < 15


async def test_a_document_type_without_entities_does_no_harm(local_feeds: LocalFeeds, source: Feeds) -> None:
    local_feeds.publish(
        ADDRESS,
        Feed(items=[NEWS], prolog='<!DOCTYPE rss PUBLIC "-//Example//DTD RSS 2.0//EN" "https://x.example/dtd">'),
    )
    page = await read(source)
    assert page is not None
    assert len(page.posts) == 1


@pytest.mark.parametrize("packed", [False, True])
async def test_a_body_beyond_all_measure_is_not_read_to_its_end(
    local_feeds: LocalFeeds, source: Feeds, packed: bool
) -> None:
    local_feeds.publish(ADDRESS, Feed(raw=b"<rss>" + b" " * 6_000_000 + b"</rss>", gzip=packed))
    with pytest.raises(Malformed, match="larger than 5,000,000 bytes"):
        await read(source)


async def test_slower_than_its_patience_is_unavailable(local_feeds: LocalFeeds) -> None:
    local_feeds.publish(ADDRESS, Feed(items=[NEWS]))
    local_feeds.script.always(PLACE, Slow(2))
    async with hasty_feeds(Clock(), step_s=0.2) as source:
        with pytest.raises(Unavailable, match="no answer in time"):
            await read(source)


async def test_without_a_way_out_it_is_unavailable(local_feeds: LocalFeeds, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with hasty_feeds(Clock()) as source:
        with pytest.raises(Unavailable, match=r"news\.example cannot be reached"):
            await read(source)


async def test_told_when_to_come_back_nobody_asks_that_host_before(
    local_feeds: LocalFeeds, access: NotedAccess
) -> None:
    feeds = (f"news={ADDRESS}", "more=https://news.example/more", "else=https://other.example/rss")
    for feed in feeds:
        local_feeds.publish(feed.partition("=")[2], Feed(items=[NEWS]))
    local_feeds.script.then(PLACE, TooMany("3600"))
    async with hasty_feeds(Clock(), access, feeds=feeds) as source:
        with pytest.raises(RateLimited) as told:
            await read(source)
        assert told.value.until == access.paused["news.example"]
        assert abs(access.paused["news.example"] - datetime.now(UTC) - timedelta(hours=1)) < timedelta(seconds=30)
        with pytest.raises(RateLimited) as spared:
            await read(source, stream="articles/more")
        assert (spared.value.source, spared.value.stream) == ("feeds", "articles/more")
        assert [call.place for call in local_feeds.calls] == [PLACE]
        assert await read(source, stream="articles/else") is not None


async def test_told_to_come_back_it_comes_back(local_feeds: LocalFeeds) -> None:
    local_feeds.publish(ADDRESS, Feed(items=[NEWS]))
    local_feeds.script.then(PLACE, TooMany("1"))
    async with hasty_feeds(Clock()) as source:
        assert await read(source) is not None
    assert len(local_feeds.calls) == 2


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (ADDRESS, "redirects more than 5 times"),
        ("http://news.example/rss", "anybody on the way"),
        ("ftp://news.example/rss", "to nowhere"),
        ("https://[", "to nowhere"),
        ("", "to nowhere"),
    ],
)
async def test_a_redirect_that_leads_nowhere_good_is_not_followed(
    local_feeds: LocalFeeds, source: Feeds, target: str, told: str
) -> None:
    local_feeds.publish(ADDRESS, Feed(moved=(301, target)))
    with pytest.raises(Unavailable, match=told):
        await read(source)
    assert {call.place for call in local_feeds.calls} == {PLACE}


async def test_each_hop_waits_for_its_turn_at_its_host(
    local_feeds: LocalFeeds, access: NotedAccess, source: Feeds
) -> None:
    local_feeds.publish(ADDRESS, Feed(moved=(302, "https://other.example/rss")))
    local_feeds.publish("https://other.example/rss", Feed(items=[NEWS]))
    await read(source)
    assert access.turns == ["news.example", "other.example"]
