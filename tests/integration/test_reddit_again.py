"""Reddit asked about what was: the past of a stream, and posts that we hold, through the real praw."""

from datetime import UTC, datetime, timedelta

from lib.sources.posts import Backfills, Page, Verifies
from tests.servers.reddit_books import Blank
from tests.support.local_reddit import AtHand

pytest_plugins = ["tests.support.reddit"]

STREAM = "submissions/stocks"


def names(pages: list[Page]) -> set[str]:
    return {post.external_id for page in pages for post in page.posts}


async def test_the_past_is_read_as_far_as_the_listing_goes(reddit: AtHand) -> None:
    began = datetime.now(UTC) - timedelta(hours=10)
    published = {}
    for n in range(300):
        moment = (began + timedelta(minutes=n)).replace(microsecond=0)
        seconds = moment.timestamp()
        published[reddit.server.submit("stocks", created=seconds, place=seconds)] = moment
    start, end = began + timedelta(minutes=50), began + timedelta(minutes=250)
    async with reddit.source() as source:
        assert isinstance(source, Backfills)
        assert source.reach(STREAM) is None
        assert source.volume(STREAM, start, end).calls == 11
        pages = [page async for page in source.past(STREAM, start, end, None)]
        resumed = [page async for page in source.past(STREAM, start, end, pages[1].cursor)]
    assert names(pages) == {name for name, moment in published.items() if start <= moment < end}
    assert (pages[0].end, pages[-1].start) == (end, start)
    assert names(resumed) >= {name for name, moment in published.items() if start <= moment < pages[1].start}
    assert resumed[0].end == pages[1].start


async def test_a_second_look_tells_what_is_there_what_was_edited_and_what_is_gone(reddit: AtHand) -> None:
    server = reddit.server
    there, edited, deleted, removed = (server.submit("stocks") for _ in range(4))
    comment, taken_back, purged = (server.comment("stocks") for _ in range(3))
    nobody = server.submit("stocks", fields={"author": "[deleted]"})
    undated = server.submit("stocks", fields={"created_utc": None})
    server.edit(edited, "otherwise")
    server.delete(deleted)
    server.remove(removed)
    server.delete(taken_back)
    server.purge(purged)
    asked = [there, edited, deleted, removed, comment, taken_back, purged, nobody, undated, "k48sqm", "t3_neverwas"]
    async with reddit.source() as source:
        assert isinstance(source, Verifies)
        verified = await source.verify(asked)
        assert (await source.verify(["k48sqm"])).asked == 0
    posts = {post.external_id: post for post in verified.posts}
    assert set(posts) == {there, edited, comment}
    assert posts[edited].text == "otherwise"
    assert set(verified.gone) == {deleted, removed, taken_back, purged, nobody, "t3_neverwas"}
    assert (verified.asked, len(server.asked("info"))) == (2, 2), "what is unknown is asked for twice"


async def test_what_reddit_forgets_for_a_moment_is_not_gone(reddit: AtHand) -> None:
    names = [reddit.server.submit("stocks") for _ in range(100)]
    reddit.server.script.then("info", Blank())
    async with reddit.source() as source:
        verified = await source.verify(names)
    assert len(verified.posts) == 100
    assert verified.gone == ()
    assert verified.asked == 2
