"""Answers of Reddit's that are whole and yet wrong: pages that come twice or not at all, out of order, at odd times."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from lib.errors import Malformed
from lib.sources.posts import Cursor, Page
from lib.sources.reddit.client import Reddit
from tests.servers.reddit_books import Blank, Repeat, Shuffle, Skip
from tests.support.local_reddit import AtHand

pytest_plugins = ["tests.support.reddit"]

STREAM = "submissions/stocks"


async def read(source: Reddit, stream: str = STREAM, cursor: Cursor | None = None) -> list[Page]:
    return [page async for page in source.pages(stream, cursor)]


def names(pages: list[Page]) -> set[str]:
    return {post.external_id for page in pages for post in page.posts}


@pytest.mark.parametrize("oddity", [Repeat(), Skip(), Blank()], ids=str)
async def test_a_page_that_does_not_follow_is_asked_for_again(reddit: AtHand, oddity: object) -> None:
    published = {reddit.server.submit("stocks") for _ in range(350)}
    reddit.server.script.then(STREAM, None, oddity)  # type: ignore[arg-type]
    async with reddit.source() as source:
        pages = await read(source)
    assert names(pages) == published
    assert sum(page.asked for page in pages) == len(reddit.server.asked(STREAM)) == len(pages) + 1


@pytest.mark.parametrize("oddity", [Repeat(), Skip(), Blank()], ids=str)
async def test_pages_that_never_follow_leave_the_cursor_where_it_was(reddit: AtHand, oddity: object) -> None:
    for _ in range(350):
        reddit.server.submit("stocks")
    async with reddit.source() as source:
        pages = source.pages(STREAM, None)
        first = await anext(pages)
        reddit.server.script.always(STREAM, oddity)  # type: ignore[arg-type]
        with pytest.raises(Malformed, match="do not join") as raised:
            await anext(pages)
    assert first.cursor is None
    assert raised.value.stream == STREAM


async def test_a_first_page_that_is_withheld_is_made_up_for(reddit: AtHand) -> None:
    began = datetime.now(UTC) - timedelta(hours=10)
    published = set()
    for n in range(400):
        moment = (began + timedelta(minutes=n)).timestamp()
        published.add(reddit.server.submit("stocks", created=moment, place=moment))
    async with reddit.source() as source:
        first = await read(source)
        late = {reddit.server.submit("stocks", place=moment + n, created=moment + n) for n in range(100)}
        reddit.server.script.then(STREAM, Skip())
        second = await read(source, cursor=first[-1].cursor)
        assert not names(second) & late
        third = await read(source, cursor=second[-1].cursor)
    assert late < names(third)


async def test_a_short_answer_is_believed_when_it_comes_twice(reddit: AtHand) -> None:
    for _ in range(150):
        reddit.server.submit("stocks")
    async with reddit.source() as source:
        first = await read(source)
        reddit.server.script.then(STREAM, Blank())
        (page, *_) = await read(source, cursor=first[-1].cursor)
        assert (page.asked, page.received, page.lost) == (2, 100, ())
        reddit.server.script.then(STREAM, Blank(), Blank())
        (page,) = await read(source, cursor=first[-1].cursor)
    assert (page.asked, page.received) == (2, 0)


async def test_things_out_of_order_are_all_read(reddit: AtHand) -> None:
    dice = random.Random(7)
    now = datetime.now(UTC).timestamp()
    published = set()
    for n in range(500):
        moment = now - 3600 + 5 * n
        skew = dice.choice([0] * 20 + [-7, 9, 20])
        published.add(reddit.server.submit("stocks", place=moment, created=float(int(moment + skew))))
    for seed in range(10):
        reddit.server.script.then(STREAM, Shuffle(seed))  # type: ignore[arg-type]
    async with reddit.source() as source:
        assert names(await read(source)) == published


async def test_null_fields_and_odd_texts_cost_only_themselves(reddit: AtHand) -> None:
    good = reddit.server.submit("stocks", text="\0".join("NUL"), title="삼성전자 🚀")
    reddit.server.submit("stocks", fields={"created_utc": None})
    reddit.server.submit("stocks", fields={"title": None, "selftext": None})
    gone = reddit.server.submit("stocks", fields={"author": None, "selftext": "[deleted]"})
    half = reddit.server.submit("stocks", text="\ud83d")
    async with reddit.source() as source:
        (page,) = await read(source)
    assert names([page]) == {good, half}
    assert page.deleted == (gone,)
    assert dict(page.dropped) == {"without a date": 1, "without words": 1}
    assert page.received == 5


@pytest.mark.parametrize("skew", [timedelta(hours=-1), timedelta(hours=1)], ids=str)
async def test_reddit_s_clock_may_differ_from_ours(reddit: AtHand, skew: timedelta) -> None:
    reddit.server.clock = lambda: datetime.now(UTC) + skew
    published, windows, cursor = set(), [], None
    async with reddit.source() as source:
        for _ in range(3):
            published.add(reddit.server.submit("stocks"))
            pages = await read(source, cursor=cursor)
            cursor = pages[-1].cursor
            assert published <= names(pages)
            windows.append((pages[-1].start, pages[0].end))
    assert [start for start, _ in windows[1:]] == [end for _, end in windows[:-1]]
    assert all(end <= datetime.now(UTC) + min(skew, timedelta(0)) for _, end in windows)
