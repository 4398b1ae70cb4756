"""The real tweepy against a local X: what comes out of our source for what people publish, edit and delete."""

import json
import logging
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lib.errors import Malformed, NoData
from lib.sources.posts import Backfills, Lost, PostSource, Verifies, Volume
from lib.sources.x.answers import Found, post
from lib.sources.x.client import Client
from lib.sources.x.ids import first_id
from tests.servers.x import LocalX
from tests.support.access import NotedAccess
from tests.support.data import data_file
from tests.support.x import APPLE, SAMSUNG, Watch, all_pages, in_haste, opened_x, texts


@pytest.fixture
def watch(local_x: LocalX) -> Watch:
    """A clock for the server; hand it to the source, too."""
    watch = Watch()
    local_x.clock = watch
    return watch


async def test_a_post_as_it_is_stored(local_x: LocalX, watch: Watch) -> None:
    text = "$AAPL up &amp; <away>\0 🚀 삼성"
    tweet = local_x.posts.publish(text, watch.ago(minutes=5), author=77)
    access = NotedAccess()
    async with opened_x(access, clock=watch) as x:
        assert isinstance(x, PostSource)
        assert isinstance(x, Backfills)
        assert isinstance(x, Verifies)
        assert x.streams() == ["search/AAPL"]
        (page,) = await all_pages(x)

    (post,) = page.posts
    assert post.text == "$AAPL up &amp; <away> 🚀 삼성"
    assert (post.source, post.external_id, post.author, post.lang) == ("x", str(tweet.id), "77", "en")
    assert (post.published_at, post.edited_at, post.reach) == (tweet.at, None, None)
    assert post.url == f"https://x.com/i/web/status/{tweet.id}"
    assert (page.start, page.end) == (watch.ago(hours=1), watch.ago(seconds=30))
    assert (page.received, page.asked) == (1, 1)
    (call,) = local_x.calls
    assert call.agent == "InsiteChart/test"
    assert "expansions" not in call.query, "an expanded author may be charged as the read of a user"
    assert access.spent == [("posts", 1)]


async def test_long_texts_come_whole_and_x_s_words_for_no_language_as_none(local_x: LocalX, watch: Watch) -> None:
    long = "$AAPL " + "가 & 나 " * 900
    local_x.posts.publish(long[:5000], watch.ago(minutes=5), lang="qme")
    async with opened_x(NotedAccess(), clock=watch) as x:
        (page,) = await all_pages(x)
    assert page.posts[0].text == long[:5000]
    assert page.posts[0].lang is None


async def test_only_what_was_asked_for_is_found(local_x: LocalX, watch: Watch) -> None:
    at = watch.ago(minutes=5)
    for words in (
        "buy $AAPL!",
        "$aapl, $MSFT",
        "AAPL",
        "$AAPLX",
        "오늘 삼성전자가 오른다",
        "Samsung Electronics rises",
    ):
        local_x.posts.publish(words, at)
    local_x.posts.publish("RT: $AAPL", at, retweet=True)
    async with opened_x(NotedAccess(), APPLE, SAMSUNG, clock=watch) as x:
        assert texts(await all_pages(x)) == ["buy $AAPL!", "$aapl, $MSFT"]
        assert texts(await all_pages(x, "search/005930.KS")) == ["오늘 삼성전자가 오른다", "Samsung Electronics rises"]
        with pytest.raises(NoData, match="MSFT is not watched"):
            await all_pages(x, "search/MSFT")


async def test_many_pages_touch_and_bring_everything_once(local_x: LocalX, watch: Watch) -> None:
    for n in range(250):
        local_x.posts.publish(f"$AAPL {n}", watch.ago(minutes=30) + timedelta(seconds=n // 3))
    access = NotedAccess()
    async with opened_x(access, clock=watch) as x:
        pages = await all_pages(x)
    assert sorted(texts(pages), key=lambda text: int(text[6:])) == [f"$AAPL {n}" for n in range(250)]
    assert len(pages) == 3
    assert [page.start for page in pages[:-1]] == [page.end for page in pages[1:]]
    assert (pages[0].end, pages[-1].start) == (watch.ago(seconds=30), watch.ago(hours=1))
    assert all(page.start <= post.published_at + timedelta(milliseconds=1) for page in pages for post in page.posts)
    assert sum(page.received for page in pages) == 250
    assert local_x.bill.dollars == Decimal("1.25")
    # two pages begin with the last post of the page before, which X does not charge again
    assert sum(units for _, units in access.spent) == 252


async def test_the_next_reading_asks_for_what_came_since_and_nothing_twice(local_x: LocalX, watch: Watch) -> None:
    local_x.posts.publish("$AAPL first", watch.ago(minutes=5))
    access = NotedAccess()
    async with opened_x(access, clock=watch) as x:
        (first,) = await all_pages(x)
        watch.move(minutes=15)
        (silence,) = await all_pages(x, cursor=first.cursor)
        local_x.posts.publish("$AAPL second", watch.time)
        watch.move(minutes=15)
        (second,) = await all_pages(x, cursor=silence.cursor)
    assert (silence.received, texts([second])) == (0, ["$AAPL second"])
    assert first.end == silence.start
    assert silence.end == second.start
    assert sum(units for _, units in access.spent) == 2


async def test_a_poll_that_was_broken_off_is_read_to_its_end_first(local_x: LocalX, watch: Watch) -> None:
    for n in range(250):
        local_x.posts.publish(f"$AAPL {n}", watch.ago(minutes=30) + timedelta(seconds=n))
    access = NotedAccess()
    async with opened_x(access, clock=watch) as x:
        reading = x.pages("search/AAPL", None)
        first = await anext(reading)
        await reading.aclose()
    watch.move(hours=2)
    local_x.posts.publish("$AAPL later", watch.ago(hours=1))
    async with opened_x(access, clock=watch) as x:
        rest = await all_pages(x, cursor=first.cursor)
    assert len(first.posts) == 100
    assert sorted(texts([first, *rest])) == sorted([*(f"$AAPL {n}" for n in range(250)), "$AAPL later"])
    assert first.start == rest[0].end, "the old poll comes first"
    assert (rest[-1].start, rest[-1].end) == (first.end, watch.ago(seconds=30))
    # 151 posts, and one page that begins with the last post of the page before
    assert sum(units for _, units in access.spent[1:]) == 152


async def test_what_x_may_not_have_found_yet_is_not_accounted_for(local_x: LocalX, watch: Watch) -> None:
    local_x.index_lag = timedelta(seconds=29)
    local_x.posts.publish("$AAPL now", watch.ago(seconds=20))
    async with opened_x(NotedAccess(), clock=watch) as x:
        (before,) = await all_pages(x)
        watch.move(minutes=1)
        (after,) = await all_pages(x, cursor=before.cursor)
    assert (texts([before]), texts([after])) == ([], ["$AAPL now"])


@pytest.mark.parametrize("wrong", [timedelta(minutes=20), timedelta(minutes=-20)], ids=["fast", "slow"])
async def test_a_clock_that_is_wrong_loses_nothing(local_x: LocalX, watch: Watch, wrong: timedelta) -> None:
    local_x.posts.publish("$AAPL one", watch.ago(minutes=25))
    read: list[Any] = []
    async with opened_x(NotedAccess(), clock=lambda: watch() + wrong) as x:
        cursor = None
        for name in ("two", "three"):
            pages = await all_pages(x, cursor=cursor)
            read += pages
            cursor = pages[-1].cursor if pages else cursor
            local_x.posts.publish(f"$AAPL {name}", watch.ago(seconds=1))
            watch.move(minutes=15)
        read += await all_pages(x, cursor=cursor)
    assert sorted(texts(read)) == ["$AAPL one", "$AAPL three", "$AAPL two"]
    assert max(page.end for page in read) == watch.ago(seconds=30)
    assert [page.end for page in read[:-1]] == [page.start for page in read[1:]]


async def test_what_is_older_than_seven_days_is_lost_and_said_to_be(local_x: LocalX, watch: Watch) -> None:
    async with opened_x(NotedAccess(), clock=watch) as x:
        (first,) = await all_pages(x)
        local_x.posts.publish("$AAPL missed", watch.move(hours=1))
        watch.move(days=8)
        local_x.posts.publish("$AAPL seen", watch.ago(days=6))
        lost, rest = await all_pages(x, cursor=first.cursor)
    reach = timedelta(days=7) - timedelta(minutes=15)
    assert lost.lost == (
        Lost(start=first.end, end=watch.time - reach, reason="X finds posts of the last seven days only"),
    )
    assert (lost.asked, lost.received, lost.start, lost.end) == (0, 0, first.end, watch.time - reach)
    assert texts([rest]) == ["$AAPL seen"]
    assert (rest.start, rest.end) == (lost.end, watch.ago(seconds=30))


@pytest.mark.parametrize("days", [6.99, 7.5, 20])
async def test_a_poll_broken_off_too_long_ago_is_lost_as_far_as_it_is(
    local_x: LocalX, watch: Watch, days: float
) -> None:
    for n in range(150):
        local_x.posts.publish(f"$AAPL {n}", watch.ago(minutes=50) + timedelta(seconds=n))
    async with opened_x(NotedAccess(), clock=watch) as x:
        reading = x.pages("search/AAPL", None)
        first = await anext(reading)
        await reading.aclose()
        watch.move(days=days)
        rest = await all_pages(x, cursor=first.cursor)
    assert rest[0].end == first.start
    assert (rest[-1].end, len(rest[0].lost)) == (watch.ago(seconds=30), 1)
    windows = sorted((page.start, page.end) for page in (first, *rest))
    assert [end for _, end in windows[:-1]] == [start for start, _ in windows[1:]]


async def test_an_edit_is_the_same_post_with_other_words(local_x: LocalX, watch: Watch) -> None:
    first = local_x.posts.publish("$AAPL up", watch.ago(minutes=40))
    async with opened_x(NotedAccess(), clock=watch) as x:
        (before,) = await all_pages(x)
        edit = local_x.posts.edit(first.id, "$AAPL down", watch.ago(minutes=0))
        watch.move(minutes=15)
        (after,) = await all_pages(x, cursor=before.cursor)
    (post,) = after.posts
    assert (post.external_id, post.text) == (str(first.id), "$AAPL down")
    assert (post.published_at, post.edited_at) == (first.at, edit.at)


async def test_the_past_is_searched_and_goes_on_where_it_was_broken_off(local_x: LocalX, watch: Watch) -> None:
    start, end = watch.ago(days=3), watch.ago(days=2)
    local_x.posts.publish("$AAPL before", start - timedelta(milliseconds=1))
    for n in range(150):
        local_x.posts.publish(f"$AAPL {n}", start + timedelta(minutes=n))
    local_x.posts.publish("$AAPL after", end)
    access = NotedAccess()
    async with opened_x(access, clock=watch) as x:
        reading = x.past("search/AAPL", start, end, None)
        first = await anext(reading)
        await reading.aclose()
        (rest,) = [page async for page in x.past("search/AAPL", start, end, first.cursor)]
        assert not [page async for page in x.past("search/AAPL", start, end, rest.cursor)]
    assert sorted(texts([first, rest])) == sorted(f"$AAPL {n}" for n in range(150))
    assert (rest.start, rest.end, first.start, first.end) == (start, first.start, rest.end, end)
    assert sum(units for _, units in access.spent) == 150


async def test_the_past_beyond_seven_days_is_lost(local_x: LocalX, watch: Watch) -> None:
    async with opened_x(NotedAccess(), clock=watch) as x:
        long_ago = [page async for page in x.past("search/AAPL", watch.ago(days=30), watch.ago(days=20), None)]
        partly = [page async for page in x.past("search/AAPL", watch.ago(days=30), watch.time, None)]
        reach = x.reach("search/AAPL")
    assert reach is not None
    assert [(page.start, page.end, page.asked, len(page.lost)) for page in long_ago] == [
        (watch.ago(days=30), watch.ago(days=20), 0, 1)
    ]
    assert [(page.start, page.end, page.asked, len(page.lost)) for page in partly] == [
        (watch.ago(days=30), watch.time - reach, 0, 1), (watch.time - reach, watch.ago(seconds=30), 1, 0),
    ]  # fmt: skip


async def test_counts_are_accounted_for_and_asked_four_times_a_day(local_x: LocalX, watch: Watch) -> None:
    for n in range(5):
        local_x.posts.publish(f"$AAPL {n}", watch.ago(hours=30 + n))
    access = NotedAccess()
    async with opened_x(access, clock=watch, x_counts=True) as x:
        assert x.streams() == ["search/AAPL", "counts/AAPL"]
        (page,) = await all_pages(x, "counts/AAPL")
        assert (page.posts, page.received, dict(page.dropped)) == ((), 5, {"counted only": 5})
        hour = watch.ago(seconds=30).replace(minute=0, second=0, microsecond=0)
        assert page.end == hour
        assert hour - page.start == timedelta(days=6, hours=23)
        assert x.volume("search/AAPL", watch.ago(hours=40), watch.ago(hours=20)) == Volume(
            posts=5, calls=1, dollars="0.025"
        )
        watch.move(hours=5)
        assert not await all_pages(x, "counts/AAPL", page.cursor)
        watch.move(hours=2)
        (later,) = await all_pages(x, "counts/AAPL", page.cursor)
        assert later.start == page.end
        watch.move(days=9)
        lost, last = await all_pages(x, "counts/AAPL", later.cursor)
        assert (lost.start, lost.end, len(lost.lost), lost.asked) == (later.end, last.start, 1, 0)
        hours = [page async for page in x.past("counts/AAPL", watch.ago(hours=5), watch.ago(hours=2), None)]
        assert sum((page.end - page.start for page in hours), timedelta()) >= timedelta(hours=3)
        assert x.volume("search/AAPL", watch.ago(days=30), watch.time) == Volume(posts=None, calls=None, dollars="50")
    assert access.spent == [("counts", 1)] * 4
    assert local_x.bill.dollars == Decimal("0.020")


async def test_posts_that_nobody_may_see_any_more_are_gone(local_x: LocalX, watch: Watch) -> None:
    kept, deleted, hidden, edited = (local_x.posts.publish(f"$AAPL {n}", watch.ago(hours=n + 1)) for n in range(4))
    edit = local_x.posts.edit(edited.id, "$AAPL edited", edited.at + timedelta(minutes=10))
    local_x.posts.delete(deleted.id)
    local_x.posts.hide(hidden.id)
    never = "1234567890123456789"
    held = [str(tweet.id) for tweet in (kept, deleted, hidden, edited)]
    for local_x.latest_by_id in (True, False):
        access = NotedAccess()
        async with opened_x(access, clock=watch) as x:
            verified = await x.verify([*held, never, "not an id", "9" * 30])
        assert set(verified.gone) == {str(deleted.id), str(hidden.id), never}
        assert {post.external_id: (post.text, post.edited_at) for post in verified.posts} == {
            str(kept.id): ("$AAPL 0", None), str(edited.id): ("$AAPL edited", edit.at),
        }  # fmt: skip
        assert access.spent == ([("posts", 2)] if local_x.latest_by_id else [("posts", 2), ("posts", 1)])
        assert verified.asked == len(access.spent)


async def test_a_hundred_posts_are_looked_at_in_one_question(local_x: LocalX, watch: Watch) -> None:
    ids = [str(local_x.posts.publish(f"$AAPL {n}", watch.ago(hours=1)).id) for n in range(100)]
    async with opened_x(NotedAccess(), clock=watch) as x:
        assert x.at_once == 100
        verified = await x.verify(ids)
        assert (await x.verify([])).asked == 0
    assert {post.external_id for post in verified.posts} == set(ids)
    assert len(local_x.calls) == 1


async def test_the_token_is_written_into_no_log(
    local_x: LocalX, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    local_x.posts.publish("$AAPL", watch.ago(minutes=5))
    with caplog.at_level(logging.DEBUG):
        async with opened_x(NotedAccess(), clock=watch) as x:
            await all_pages(x)
    assert local_x.token not in caplog.text


async def test_every_recorded_answer_is_read_or_refused_with_a_reason(local_x: LocalX) -> None:
    seen: Counter[str] = Counter()
    now = datetime.now(UTC)
    async with Client("local-token", "InsiteChart/test", NotedAccess(), in_haste()) as x:
        for name, body in _recorded(data_file("payloads/x")):
            kind = _kind(body)
            local_x.recorded = dict.fromkeys(("search", "counts", "lookup"), body)
            if kind == "counts":
                hours = await x.counts("$AAPL", now, now)
                assert sum(hour.tweet_count for hour in hours) == body["meta"]["total_tweet_count"], name
            elif kind == "lookup":
                _agrees(await x.lookup(range(100)), body["data"])
            else:
                try:
                    found, _ = await x.search("$AAPL", since=first_id(now), until=first_id(now))
                except Malformed:
                    kind = "refused whole"
                else:
                    _agrees(found, body["data"] if kind == "search" else [])
            seen[kind] += 1
    assert seen["refused whole"] > 10
    assert min(seen["search"], seen["lookup"], seen["counts"], seen["refused item by item"]) > 0


def _agrees(found: Found, sent: list[Any]) -> None:
    assert len(found.tweets) == len(sent)
    assert not sent or not found.unreadable
    for tweet, item in zip(found.tweets, sent, strict=True):
        made = post(tweet)
        first = item.get("edit_history_tweet_ids", [item["id"]])[0]
        assert (made.external_id, made.author) == (first, item.get("author_id"))
        assert (made.edited_at is None) == (first == item["id"])
        assert made.text == item["text"].replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&")
        if "created_at" in item:
            assert abs(made.published_at - datetime.fromisoformat(item["created_at"])) < timedelta(seconds=1)


def _recorded(folder: Path) -> Iterator[tuple[str, Any]]:
    for file in sorted(folder.glob("*.json")):
        for exchange in json.loads(file.read_bytes())["interactions"]:
            if exchange["response"]["body"] is not None:
                yield file.name, exchange["response"]["body"]


def _kind(body: Any) -> str:
    items = body.get("data") if isinstance(body, dict) else None
    if not isinstance(items, list):
        return "refused whole"
    if all({"start", "tweet_count"} <= set(item) for item in items):
        return "counts"
    if not all({"id", "text"} <= set(item) for item in items):
        return "refused item by item"
    return "search" if "result_count" in body.get("meta", {}) else "lookup"
