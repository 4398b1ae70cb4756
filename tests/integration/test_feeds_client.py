"""The real httpx and feedparser against local publishers: what comes out of our client for every way in which feeds are
written, moved, edited and forgotten.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from lib.domain.posts import Post
from lib.sources.feeds.client import Feeds
from lib.sources.posts import Page
from tests.servers.feed_documents import Feed, Item, Kind
from tests.servers.feeds import LocalFeeds
from tests.support.feeds import ADDRESS, NOON, Clock, hasty_feeds, read

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def source(local_feeds: LocalFeeds, clock: Clock) -> AsyncIterator[Feeds]:
    async with hasty_feeds(clock) as client:
        yield client


def item(number: int, at: datetime | None = NOON - HOUR, **values: object) -> Item:
    fields = {"title": f"Title {number}", "guid": f"id-{number}", "link": f"https://news.example/{number}", "at": at}
    return Item(**(fields | values))  # type: ignore[arg-type]


async def page_of(source: Feeds, *, after: Page | None = None) -> Page:
    page = await read(source, after.cursor if after else None)
    assert page is not None
    return page


async def only_post(source: Feeds) -> Post:
    (post,) = (await page_of(source)).posts
    return post


@pytest.mark.parametrize("kind", ["rss", "rdf", "atom"])
async def test_each_format_says_the_same(local_feeds: LocalFeeds, source: Feeds, kind: Kind) -> None:
    article = item(
        1, at=NOON - HOUR, text="<p>AT&amp;T <b>beats</b></p><p>a &lt; b</p>", author="Ann Bee", guid="urn:example:1"
    )
    local_feeds.publish(ADDRESS, Feed(kind=kind, items=[article], language="en-US"))

    page = await page_of(source)

    assert page.posts == (
        Post(
            source="feeds",
            external_id="news:urn:example:1",
            published_at=NOON - HOUR,
            title="Title 1",
            text="AT&T beats\na < b",
            author="Ann Bee",
            lang="en",
            url="https://news.example/1",
        ),
    )
    assert (page.start, page.end, page.received, page.asked) == (NOON - HOUR, NOON, 1, 1)


async def test_it_says_truthfully_who_asks(local_feeds: LocalFeeds, source: Feeds) -> None:
    local_feeds.publish(ADDRESS, Feed())
    await page_of(source)
    agent = local_feeds.calls[0].user_agent
    assert agent.startswith("InsiteChart/")
    assert "insitechart.example" in agent


@pytest.mark.parametrize("encoding", ["utf-8", "euc-kr", "cp949", "utf-16"])
@pytest.mark.parametrize("content_type", ["", "text/xml", "application/octet-stream"])
async def test_hangul_and_emoji_in_whatever_encoding(
    local_feeds: LocalFeeds, source: Feeds, encoding: str, content_type: str
) -> None:
    words = "삼성전자 2분기 영업이익 10조" + ("" if encoding in ("euc-kr", "cp949") else " 🚀")
    feed = Feed(items=[item(1, title=words, text=words)], encoding=encoding, language="ko", content_type=content_type)
    local_feeds.publish(ADDRESS, feed)
    post = await only_post(source)
    assert (post.title, post.text, post.lang) == (words, words, "ko")


async def test_a_syllable_beyond_the_declared_set_spoils_nothing(local_feeds: LocalFeeds, source: Feeds) -> None:
    body = (
        '<?xml version="1.0" encoding="euc-kr"?><rss version="2.0"><channel><item><title>삼성 똠방각하</title></item>'
        "</channel></rss>"
    )
    local_feeds.publish(ADDRESS, Feed(raw=body.encode("cp949"), content_type="text/xml"))
    assert (await only_post(source)).title == "삼성 똠방각하"


async def test_a_few_broken_bytes_do_not_spoil_the_rest(local_feeds: LocalFeeds, source: Feeds) -> None:
    body = b"<rss version='2.0'><channel><item><title>\xec\x82\xbc\xec\x84\xb1 \xff!</title></item></channel></rss>"
    local_feeds.publish(ADDRESS, Feed(raw=body))
    assert (await only_post(source)).title == "삼성 \ufffd!"


@pytest.mark.parametrize(
    ("given", "read_as"),
    [
        ("NUL \0 here", "NUL here"),
        ("bell &#7; null &#0; surrogate &#xD800; end", "bell null \ufffd surrogate \ufffd end"),
        ("R&D &nbsp; AT&amp;T &euro;5 &nosuch; & more", "R&D AT&T €5 &nosuch; & more"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;safe", "safe"),
        ("&lt;p&gt;one&lt;br&gt;two&lt;/p&gt;&lt;img src='x' alt='y'&gt;", "one\ntwo"),
        ("&amp;#128640; up &amp;lt;3", "🚀 up <3"),
        ("x" * 5000, "x" * 5000),
        ("one&lt;br&gt;two 5 &lt; 6", "one\ntwo 5 < 6"),
    ],
    ids=["NUL", "forbidden", "entities", "script", "blocks", "twice", "long", "lone"],
)
async def test_texts_become_plain_and_storable(
    local_feeds: LocalFeeds, source: Feeds, given: str, read_as: str
) -> None:
    body = (
        f"<rss version='2.0'><channel><item><title>t</title><description>{given}</description></item></channel></rss>"
    )
    local_feeds.publish(ADDRESS, Feed(raw=body.encode()))
    assert (await only_post(source)).text == read_as


async def test_html_in_cdata_is_html(local_feeds: LocalFeeds, source: Feeds) -> None:
    local_feeds.publish(ADDRESS, Feed(items=[item(1, text="<p>R&amp;D & <i>more</i>&nbsp;&#8217;</p>", cdata=True)]))
    assert (await only_post(source)).text == "R&D & more ’"


async def test_packed_answers_are_unpacked(local_feeds: LocalFeeds, source: Feeds) -> None:
    local_feeds.publish(ADDRESS, Feed(items=[item(1)], gzip=True))
    assert (await only_post(source)).title == "Title 1"


async def test_without_guid_the_link_identifies_and_without_both_the_words(
    local_feeds: LocalFeeds, source: Feeds
) -> None:
    feed = Feed(items=[item(1, guid=None), item(2, guid=None, link=None), item(3, guid="g" * 900)])
    local_feeds.publish(ADDRESS, feed)
    first = await page_of(source)
    linked, wordy, long = (post.external_id for post in first.posts)
    assert linked == "news:https://news.example/1"
    assert len({linked, wordy, long}) == 3
    assert max(len(wordy), len(long)) <= 500
    assert (await page_of(source, after=first)).posts == ()


async def test_a_date_that_is_missing_or_cannot_be_is_when_it_was_first_seen_and_stays(
    local_feeds: LocalFeeds, source: Feeds, clock: Clock
) -> None:
    dates = [None, "soon", "Mon, 02 Mar 20260 10:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"]
    undated = [item(number, at=None, date=date) for number, date in enumerate(dates)]
    ahead = item(9, at=NOON + timedelta(days=400))
    feed = local_feeds.publish(ADDRESS, Feed(items=[*undated, ahead]))
    first = await page_of(source)
    assert {post.published_at for post in first.posts} == {NOON}

    clock.pass_minutes(30)
    feed.items = [
        item(9, at=NOON + timedelta(days=400), title="edited"),
        *(item(n, None, title="edited") for n in range(3)),
    ]
    second = await page_of(source, after=first)
    assert [(post.title, post.published_at) for post in second.posts] == [("edited", NOON)] * 4


async def test_only_what_is_new_or_said_differently_comes_again(
    local_feeds: LocalFeeds, source: Feeds, clock: Clock
) -> None:
    feed = local_feeds.publish(ADDRESS, Feed(items=[item(2), item(1), item(2)]))
    first = await page_of(source)
    assert [post.title for post in first.posts] == ["Title 2", "Title 1"]

    clock.pass_minutes(5)
    # out of order, one edited and its date moved, one gone, one new
    feed.items = [item(1, title="Title 1, corrected", at=NOON), item(3)]
    second = await page_of(source, after=first)
    assert [(post.external_id, post.title) for post in second.posts] == [
        ("news:id-1", "Title 1, corrected"), ("news:id-3", "Title 3"),
    ]  # fmt: skip
    assert second.posts[0].published_at == NOON - HOUR, "an edit does not move an article"
    assert (second.start, second.end, second.lost) == (NOON, clock.now, ())

    clock.pass_minutes(5)
    feed.items = [item(3), item(2)]
    assert (await page_of(source, after=second)).posts == (), "what comes back is no news"


async def test_unchanged_it_is_asked_once_and_accounted_for(
    local_feeds: LocalFeeds, source: Feeds, clock: Clock
) -> None:
    local_feeds.publish(ADDRESS, Feed(items=[item(1)]))
    first = await page_of(source)
    clock.pass_minutes(5)
    second = await page_of(source, after=first)
    assert [call.status for call in local_feeds.calls] == [200, 304]
    assert local_feeds.calls[1].etag is not None
    assert local_feeds.calls[1].modified is not None
    assert (second.posts, second.received, second.start, second.end) == ((), 0, NOON, clock.now)
    clock.pass_minutes(5)
    assert (await page_of(source, after=second)).start == second.end


async def test_a_publisher_without_validators_is_read_whole_each_time(
    local_feeds: LocalFeeds, source: Feeds, clock: Clock
) -> None:
    local_feeds.publish(ADDRESS, Feed(items=[item(1)], validators=False))
    first = await page_of(source)
    clock.pass_minutes(5)
    second = await page_of(source, after=first)
    assert [call.status for call in local_feeds.calls] == [200, 200]
    assert (second.posts, second.received) == ((), 0)


@pytest.mark.parametrize("feed", [Feed(max_age=600), Feed(ttl=10), Feed(max_age=600, items=[item(1)])])
async def test_it_is_left_alone_for_as_long_as_it_asks(
    local_feeds: LocalFeeds, source: Feeds, clock: Clock, feed: Feed
) -> None:
    local_feeds.publish(ADDRESS, feed)
    first = await page_of(source)
    clock.pass_minutes(9)
    assert await read(source, first.cursor) is None
    clock.pass_minutes(2)
    second = await page_of(source, after=first)
    assert (second.start, second.end) == (NOON, clock.now), "and what was not asked is accounted for afterwards"
    assert len(local_feeds.calls) == 2


async def test_nobody_is_left_alone_for_ever(local_feeds: LocalFeeds, source: Feeds, clock: Clock) -> None:
    local_feeds.publish(ADDRESS, Feed(max_age=31_536_000, ttl=99_999))
    first = await page_of(source)
    clock.pass_minutes(61)
    assert await read(source, first.cursor) is not None


async def test_a_permanent_redirect_is_remembered_and_a_temporary_one_is_not(
    local_feeds: LocalFeeds, source: Feeds, clock: Clock
) -> None:
    old = local_feeds.publish(ADDRESS, Feed(moved=(301, "https://other.example/new")))
    local_feeds.publish("https://other.example/new", Feed(moved=(302, "/today")))
    local_feeds.publish("https://other.example/today", Feed(items=[item(1, link="/relative")]))
    first = await page_of(source)
    assert first.asked == 3
    assert first.posts[0].url == "https://news.example/relative", "relative to the address in the settings"
    clock.pass_minutes(5)
    local_feeds.calls.clear()
    second = await page_of(source, after=first)
    assert [call.place for call in local_feeds.calls] == ["other.example/new", "other.example/today"]
    assert second.posts == ()

    # what was permanent ends, too
    del local_feeds.feeds["other.example/new"]
    old.moved, old.items = None, [item(2)]
    clock.pass_minutes(5)
    third = await page_of(source, after=second)
    assert [post.title for post in third.posts] == ["Title 2"]


async def test_another_address_under_the_same_name_is_another_feed(
    local_feeds: LocalFeeds, source: Feeds, clock: Clock
) -> None:
    local_feeds.publish(ADDRESS, Feed(items=[item(1)]))
    local_feeds.publish("https://other.example/rss", Feed(items=[item(2, at=NOON), item(1)]))
    first = await page_of(source)
    clock.pass_minutes(60 * 24)
    async with hasty_feeds(clock, feeds=("news=https://other.example/rss",)) as elsewhere:
        second = await page_of(elsewhere, after=first)
    assert local_feeds.calls[1].etag is None
    assert [post.title for post in second.posts] == ["Title 2"], "the same article is not told twice"
    assert second.lost == ()


async def test_a_feed_that_moved_on_says_what_it_may_have_dropped(
    local_feeds: LocalFeeds, source: Feeds, clock: Clock
) -> None:
    feed = local_feeds.publish(ADDRESS, Feed(capacity=3))
    feed.publish(*(item(number, NOON - timedelta(minutes=30 - number)) for number in range(3)))
    first = await page_of(source)
    for number in range(3, 8):
        feed.publish(item(number, clock.pass_minutes(20)))
    clock.pass_minutes(1)

    second = await page_of(source, after=first)

    assert [post.title for post in second.posts] == ["Title 7", "Title 6", "Title 5"]
    (lost,) = second.lost
    assert lost.start <= NOON + timedelta(minutes=20), "the fourth article is in the window"
    assert NOON + timedelta(minutes=40) <= lost.end <= NOON + timedelta(minutes=61)
    assert (second.start, second.end) == (NOON, clock.now)


async def test_an_article_that_is_withdrawn_is_no_loss(local_feeds: LocalFeeds, source: Feeds, clock: Clock) -> None:
    feed = local_feeds.publish(ADDRESS, Feed(items=[item(2, NOON - HOUR / 2), item(1)]))
    first = await page_of(source)
    clock.pass_minutes(5)
    del feed.items[0]
    feed.publish(item(3, clock.now))
    assert (await page_of(source, after=first)).lost == ()


async def test_an_item_without_words_is_counted_once(local_feeds: LocalFeeds, source: Feeds, clock: Clock) -> None:
    local_feeds.publish(ADDRESS, Feed(items=[item(1, title=None, text="<p> </p>"), item(2)]))
    first = await page_of(source)
    assert (len(first.posts), first.received, first.dropped) == (1, 2, {"without words": 1})
    clock.pass_minutes(5)
    assert not any((await page_of(source, after=first)).dropped.values())


async def test_an_address_or_an_author_that_must_not_be_kept_is_left_out(
    local_feeds: LocalFeeds, source: Feeds
) -> None:
    articles = [item(1, link="javascript:alert(1)", author="someone@example.com"), item(2, author=None)]
    local_feeds.publish(ADDRESS, Feed(items=articles))
    posts = (await page_of(source)).posts
    assert [(post.url, post.author) for post in posts] == [(None, None), ("https://news.example/2", None)]


async def test_the_streams_are_the_feeds_of_the_settings(local_feeds: LocalFeeds) -> None:
    feeds = ("a=https://news.example/a", "b-c=https://other.example/b?x=1&y=2")
    local_feeds.publish("https://other.example/b?x=1&y=2", Feed(items=[item(1)]))
    async with hasty_feeds(Clock(), feeds=feeds) as source:
        assert source.streams() == ("articles/a", "articles/b-c")
        page = await read(source, stream="articles/b-c")
    assert page is not None
    assert page.posts[0].external_id == "b-c:id-1"
