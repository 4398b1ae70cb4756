"""Whatever is published, edited, broken and interrupted: every post of X is read, and nothing is spent unaccounted."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.errors import SourceError
from lib.sources.posts import Page as PostsPage
from lib.sources.x.source import X
from tests.servers.faults import BAD_GATEWAY, Cut, HalfBody, HalfJson, Page, Slow
from tests.servers.x import Hollow, Limited, LocalX, Repeat, Shuffle, Skip
from tests.servers.x_posts import Tweet
from tests.support.access import NotedAccess
from tests.support.x import Watch, in_haste, opened_x

FAULTS = [
    None, None, Limited(0), Limited(), BAD_GATEWAY, Page(), HalfJson(), HalfBody(), Cut(), Slow(0.01), Hollow(),
    Shuffle(), Repeat(), Repeat(), Skip(), Skip(), Skip(),
]  # fmt: skip
WORDS = ["$AAPL up", "buy $AAPL & hold", "🚀🚀 $aapl", "$AAPL 삼성전자보다 낫다", "$AAPL " + "long " * 900]


class Publish(NamedTuple):
    """That many posts, some milliseconds apart; an edit of an earlier one after each third."""

    posts: int
    apart_ms: int
    edits: bool


class Wait(NamedTuple):
    """Nothing happens for so long."""

    minutes: int


class Read(NamedTuple):
    """A reading under these faults, ended after some pages; `stored`: the last of them, too, was stored."""

    faults: list[Any]
    pages: int
    stored: bool


_steps = st.one_of(
    st.builds(Publish, st.integers(1, 60), st.sampled_from([0, 1, 700]), st.booleans()),
    st.builds(Wait, st.integers(1, 90)),
    st.builds(Read, st.lists(st.sampled_from(FAULTS), max_size=6), st.integers(1, 4), st.booleans()),
)


@given(steps=st.lists(_steps, min_size=3, max_size=14), units=st.sampled_from([40, 200, 100_000]))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_post_is_read_and_the_spend_covers_the_bill(
    local_x: LocalX, steps: list[Publish | Wait | Read], units: int
) -> None:
    local_x.reset()
    local_x.clock = watch = Watch()
    access = NotedAccess(units=units)
    collector = _Collector(access)
    # small pages, so that there are many
    async with opened_x(access, clock=watch, manners=in_haste(at_once=10)) as x:
        for step in steps:
            match step:
                case Publish():
                    _publish(local_x, watch, step)
                case Wait(minutes):
                    watch.move(minutes=minutes)
                case Read(faults, pages, stored):
                    local_x.script.then("search", *faults)
                    # where it stops or fails differs, what it has stored must not
                    with suppress(SourceError):
                        await collector.read(x, pages, stored=stored)
        spent = sum(used for _, used in access.spent)
        assert len(local_x.bill.posts) <= spent <= units
        assert access.units == units - spent
        local_x.script.clear()
        access.units = 100_000
        watch.move(minutes=5)
        await collector.read(x, 1000, stored=True)

    first = min(page.start for page in collector.stored)
    expected = {
        str(tweet.history[0]): (tweet.text, None if len(tweet.history) == 1 else tweet.at)
        for tweet in map(local_x.posts.current, local_x.posts.versions)
        if tweet.at >= first
    }
    assert collector.posts == expected
    windows = sorted((page.start, page.end) for page in collector.stored)
    assert all(start < end for start, end in windows)
    assert [end for _, end in windows[:-1]] == [start for start, _ in windows[1:]]
    # X says its time in whole seconds
    assert watch.ago(seconds=31) <= windows[-1][1] <= watch.ago(seconds=30)


class _Collector:
    """Keeps what was stored, and the cursor of the last page that was."""

    def __init__(self, access: NotedAccess) -> None:
        self.access = access
        self.cursor: Mapping[str, Any] | None = None
        self.stored: list[PostsPage] = []
        self.posts: dict[str, tuple[str, Any]] = {}

    async def read(self, x: X, most: int, *, stored: bool) -> None:
        reading = x.pages("search/AAPL", self.cursor)
        read = 0
        async for page in reading:
            read += 1
            if read == most and not stored:
                break
            self._store(page)
            if read == most:
                break
        await reading.aclose()

    def _store(self, page: PostsPage) -> None:
        self.stored.append(page)
        self.cursor = page.cursor
        for post in page.posts:
            known = self.posts.get(post.external_id)
            assert known is None or known == (post.text, post.edited_at) or post.edited_at is not None
            self.posts[post.external_id] = (post.text, post.edited_at)


def _publish(local_x: LocalX, watch: Watch, step: Publish) -> None:
    published: list[Tweet] = []
    for n in range(step.posts):
        published.append(local_x.posts.publish(WORDS[n % len(WORDS)], watch.time))
        watch.time += timedelta(milliseconds=step.apart_ms)
        if step.edits and n % 3 == 2:
            local_x.posts.edit(published[n - 2].id, f"$AAPL edited {n}", watch.time)
