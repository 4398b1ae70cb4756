"""Feeds collected into the tables: stored once, accounted for, and one that refuses does not close the others."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from lib.collect.access import SharedAccess
from lib.collect.circuits import shared_gate
from lib.collect.posts import PostsOutcome, collect_stream
from lib.db.pool import Pool
from lib.settings import Settings
from lib.sources.declared import Opening
from lib.sources.interest import Interest
from lib.sources.posts import PostSource
from lib.sources.registry import declaration
from tests.servers.faults import Status
from tests.servers.feed_documents import Feed, Item
from tests.servers.feeds import LocalFeeds
from tests.support.feeds import ADDRESS, NOON, PLACE

TWO = (f"news={ADDRESS}", "else=https://other.example/rss")


def opened(pool: Pool, settings: Settings) -> AbstractAsyncContextManager[PostSource]:
    """As a flow opens it."""
    declared = declaration("feeds")
    return declared.open(Opening(settings, SharedAccess.of(pool, declared, settings), Interest()))


async def collect(pool: Pool, feeds: tuple[str, ...] = TWO) -> dict[str, PostsOutcome]:
    """One round over every feed."""
    settings = Settings(feeds=feeds)
    access = SharedAccess.of(pool, declaration("feeds"), settings)
    gate = await shared_gate(pool, "feeds", access.credential)
    outcomes = {}
    async with opened(pool, settings) as source:
        for stream in source.streams():
            outcome = await collect_stream(pool, source, stream, gate=gate)
            assert outcome is not None
            outcomes[stream] = outcome
    return outcomes


async def test_what_is_listed_twice_is_stored_once_and_never_moves(pool: Pool, local_feeds: LocalFeeds) -> None:
    items = [Item(guid="1", title="no \0 date", text="삼성전자 🚀"), Item(guid="2", title="dated", at=NOON)]
    feed = local_feeds.publish(ADDRESS, Feed(items=items))
    local_feeds.publish("https://other.example/rss", Feed(items=items))
    first = await collect(pool)
    stored = await pool.fetch("SELECT external_id, title, published_at FROM posts ORDER BY external_id")
    assert [row["external_id"] for row in stored] == ["else:1", "else:2", "news:1", "news:2"]

    feed.items = [Item(guid="2", title="dated", at=NOON + timedelta(days=1)), items[0]]
    second = await collect(pool)

    assert (first["articles/news"].new, second["articles/news"].new, second["articles/news"].changed) == (2, 0, 0)
    assert await pool.fetch("SELECT external_id, title, published_at FROM posts ORDER BY external_id") == stored
    states = await pool.fetch("SELECT stream, state FROM coverage ORDER BY id")
    assert [(row["stream"], row["state"]) for row in states[:2]] == [("articles/news", "ok"), ("articles/else", "ok")]
    assert {row["state"] for row in states[2:]} == {"empty"}


async def test_a_feed_that_is_gone_stays_closed_until_the_settings_change(pool: Pool, local_feeds: LocalFeeds) -> None:
    for feed in TWO:
        local_feeds.publish(feed.partition("=")[2], Feed(items=[Item(guid="1", title="news")]))
    local_feeds.script.always(PLACE, Status(410))
    first = await collect(pool)
    assert {stream: outcome.state for stream, outcome in first.items()} == {
        "articles/news": "denied", "articles/else": "ok",
    }  # fmt: skip
    local_feeds.calls.clear()
    second = await collect(pool)
    assert (second["articles/news"].state, second["articles/else"].state) == ("denied", "empty")
    assert [call.place for call in local_feeds.calls] == ["other.example/rss"]

    local_feeds.publish("https://news.example/new", Feed(items=[Item(guid="1", title="news")]))
    corrected = await collect(pool, ("news=https://news.example/new", TWO[1]))
    assert corrected["articles/news"].new == 1
