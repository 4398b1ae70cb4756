"""The real praw against a local Reddit: what comes out of the source for what is published, edited, taken back."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest

from lib.settings import Settings
from lib.sources.declared import Opening
from lib.sources.interest import Interest
from lib.sources.posts import Cursor, Page, PostSource
from lib.sources.reddit import DECLARATION
from lib.sources.reddit.client import Reddit
from lib.sources.registry import declaration
from tests.support.local_reddit import HASTE, AtHand

pytest_plugins = ["tests.support.reddit"]

STREAM = "submissions/stocks"


async def read(source: Reddit, stream: str = STREAM, cursor: Cursor | None = None) -> list[Page]:
    return [page async for page in source.pages(stream, cursor)]


def names(pages: list[Page]) -> set[str]:
    return {post.external_id for page in pages for post in page.posts}


async def test_submissions_and_comments_arrive_as_they_were_written(reddit: AtHand) -> None:
    written = reddit.server.clock() - timedelta(minutes=5)
    long = "긴 글 🚀 " * 700
    submission = reddit.server.submit("stocks", title="AT&T 🚀 삼성전자", text=long, author="somebody")
    comment = reddit.server.comment("stocks", "to the \0moon", created=written.timestamp())
    reddit.server.submit("elsewhere")
    async with reddit.source() as source:
        (submissions,), (comments,) = await read(source), await read(source, "comments/stocks")

    (post,) = submissions.posts
    assert (post.external_id, post.title, post.text, post.author) == (submission, "AT&T 🚀 삼성전자", long, "somebody")
    assert post.url == f"https://www.reddit.com/r/stocks/comments/{submission[3:]}/_/"
    assert (post.lang, post.reach, post.edited_at) == (None, None, None)
    (post,) = comments.posts
    assert (post.external_id, post.title, post.text) == (comment, None, "to the moon")
    assert post.published_at == written


async def test_each_subreddit_has_two_streams(reddit: AtHand) -> None:
    async with reddit.source("r/WallStreetBets", "stocks", "/r/stocks") as source:
        assert source.streams() == (
            "submissions/wallstreetbets", "comments/wallstreetbets", "submissions/stocks", "comments/stocks",
        )  # fmt: skip


async def test_the_first_reading_brings_the_whole_listing_page_by_page(reddit: AtHand) -> None:
    published = {reddit.server.submit("stocks") for _ in range(1100)}
    async with reddit.source() as source:
        pages = await read(source)
    listed = names(pages)
    assert len(listed) == 1000
    assert listed < published
    assert [page.cursor is None for page in pages] == [True] * 10 + [False]
    assert not any(page.lost for page in pages)
    assert [page.end for page in pages[1:]] == [page.start for page in pages[:-1]]


async def test_later_readings_bring_what_is_new_and_what_was_edited(reddit: AtHand) -> None:
    old = [reddit.server.submit("stocks") for _ in range(150)]
    async with reddit.source() as source:
        first = await read(source)
        new = {reddit.server.submit("stocks") for _ in range(30)}
        reddit.server.edit(old[-1], "otherwise")
        later = await read(source, cursor=first[-1].cursor)
    assert new < names(later)
    edited = {post.external_id: post for page in later for post in page.posts}[old[-1]]
    assert edited.text == "otherwise"
    assert edited.edited_at is not None


async def test_nothing_new_costs_one_call(reddit: AtHand) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=5)
    for n in range(150):
        moment = (long_ago + timedelta(minutes=n)).timestamp()
        reddit.server.submit("stocks", created=moment, place=moment)
    async with reddit.source() as source:
        first = await read(source)
        reddit.server.calls.clear()
        (page,) = await read(source, cursor=first[-1].cursor)
    assert len(reddit.server.asked(STREAM)) == 1
    assert page.start == first[0].end


async def test_the_newest_things_may_be_deleted_between_two_readings(reddit: AtHand) -> None:
    for n in range(150):
        moment = (datetime.now(UTC) - timedelta(minutes=300 - n)).timestamp()
        reddit.server.submit("stocks", created=moment, place=moment)
    async with reddit.source() as source:
        first = await read(source)
        for thing in reddit.server.books.there("submissions", "stocks")[:60]:
            reddit.server.delete(thing.name)
        new = reddit.server.submit("stocks")
        later = await read(source, cursor=first[-1].cursor)
    assert new in names(later)
    assert not any(page.lost for page in later)


async def test_what_a_page_was_to_begin_after_may_be_deleted_meanwhile(reddit: AtHand) -> None:
    published = [reddit.server.submit("stocks") for _ in range(150)]
    async with reddit.source() as source:
        pages = source.pages(STREAM, None)
        first = await anext(pages)
        anchor = first.posts[-6].external_id
        reddit.server.delete(anchor)
        rest = [page async for page in pages]
    assert names([first, *rest]) == set(published)
    assert rest[0].asked == 2, "a page that is empty because of that is not taken for the end"


async def test_things_that_come_while_a_listing_is_read_move_nothing(reddit: AtHand) -> None:
    published = {reddit.server.submit("stocks") for _ in range(150)}
    async with reddit.source() as source:
        pages = source.pages(STREAM, None)
        first = await anext(pages)
        for _ in range(120):
            reddit.server.submit("stocks")
        rest = [page async for page in pages]
    assert names([first, *rest]) == published


async def test_what_no_listing_holds_any_more_is_named_as_lost(reddit: AtHand) -> None:
    began = datetime.now(UTC) - timedelta(hours=10)
    reddit.server.clock = lambda: began
    reddit.server.submit("stocks")
    async with reddit.source() as source:
        first = await read(source)
        published = {}
        for n in range(1, 1201):
            moment = began + timedelta(seconds=20 * n)
            reddit.server.clock = lambda moment=moment: moment
            published[reddit.server.submit("stocks")] = moment
        pages = await read(source, cursor=first[-1].cursor)
    (lost,) = pages[-1].lost
    assert lost.start == first[-1].end
    missing = [moment for name, moment in published.items() if name not in names(pages)]
    assert len(missing) == 200
    assert all(lost.start <= moment < lost.end for moment in missing)


async def test_reddit_hears_a_truthful_name_and_keys_for_reading_only(reddit: AtHand) -> None:
    reddit.server.submit("stocks")
    async with reddit.source() as source:
        await read(source)
        await read(source)
        await read(source)
        await read(source)
    listings = reddit.server.asked(STREAM)
    assert len(listings) == 4
    assert len(reddit.server.asked("token")) <= HASTE.at_once, "a token serves many calls"
    named = f"{sys.platform}:insitechart:{version('insitechart')} (by /u/somebody) "
    assert all(call.user_agent.startswith(named) for call in reddit.server.calls)
    assert listings[0].query == {"limit": "100", "raw_json": "1"}


async def test_every_call_takes_its_turn(reddit: AtHand) -> None:
    for _ in range(250):
        reddit.server.submit("stocks")
    async with reddit.source() as source:
        await read(source)
        await source.verify(["t3_neverwas"])
    assert len(reddit.access.turns) == len(reddit.server.calls)


async def test_a_praw_ini_or_its_variables_have_no_say(
    reddit: AtHand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("praw_username", "a-person")
    monkeypatch.setenv("praw_password", "their-password")
    monkeypatch.setenv("praw_site", "nowhere")
    reddit.server.submit("stocks")
    async with reddit.source() as source:
        assert len(names(await read(source))) == 1


def test_the_declaration_says_what_is_missing_and_what_is_owed() -> None:
    assert declaration("reddit") is DECLARATION
    assert DECLARATION.verify_within is not None
    assert DECLARATION.verify_within < timedelta(hours=48)
    assert DECLARATION.missing(Settings(reddit_client_id="x")) == [
        "INSITECHART_REDDIT_CLIENT_SECRET", "INSITECHART_REDDIT_USERNAME",
    ]  # fmt: skip
    assert DECLARATION.credential(Settings(reddit_client_id="x")) == "x"


def test_to_know_what_it_is_loads_nothing_of_praw() -> None:
    program = "import sys, lib.sources.reddit; sys.exit('praw' in sys.modules or 'requests' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


async def test_it_is_opened_by_its_declaration(reddit: AtHand) -> None:
    reddit.server.submit("stocks")
    opening = Opening(reddit.settings(), reddit.access, Interest())
    assert DECLARATION.missing(opening.settings) == []
    async with DECLARATION.open(opening) as source:
        assert isinstance(source, PostSource)
        assert [page.received async for page in source.pages(STREAM, None)] == [1]


def test_the_local_reddit_forgets_where_it_was_as_the_real_one_does(reddit: AtHand) -> None:
    """Asked for what is newer than a thing that was deleted, it has nothing: why no id is ever kept in a cursor."""
    old, new = reddit.server.submit("stocks"), reddit.server.submit("stocks")
    page = {"after": "", "before": old, "limit": 100}
    (child,) = reddit.server.books.page("submissions", "stocks", **page)["data"]["children"]
    assert child["data"]["name"] == new
    reddit.server.delete(old)
    assert reddit.server.books.page("submissions", "stocks", **page)["data"]["children"] == []
