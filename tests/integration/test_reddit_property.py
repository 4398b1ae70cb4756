"""Whatever is published, edited, taken back, and whatever goes wrong or is broken off in between: everything that
Reddit lists is read in the end, or lies in a window that is named as lost.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from lib.errors import SourceError
from lib.sources.posts import Cursor, Lost
from lib.sources.reddit.client import Reddit
from tests.servers.faults import BAD_GATEWAY, Cut, HalfBody, HalfJson, Page, TooMany
from tests.servers.plain import served
from tests.servers.reddit import LocalReddit
from tests.servers.reddit_books import Blank, Repeat, Shuffle, Skip
from tests.support.local_reddit import AtHand

STREAM = "submissions/stocks"

# how far the order of things and their dates may differ
_OFF_S = 20


class Publish(NamedTuple):
    """`count` things, `gap` seconds apart, each placed and dated a little off as `offs` say."""

    count: int
    gap: int
    offs: list[tuple[int, int]]


class Spoil(NamedTuple):
    """The author of every `nth` thing that is there edits it, or takes it back."""

    nth: int
    deletes: bool


class Read(NamedTuple):
    """A reading in which `faults` happen, broken off after `pages`."""

    faults: list[object]
    pages: int | None


_publishing = st.builds(
    Publish,
    st.integers(1, 45),
    st.sampled_from([0, 1, 1, 7, 60]),
    st.lists(st.tuples(st.integers(-10, 0), st.integers(-10, 10)), min_size=1, max_size=5),
)
_faults = st.sampled_from(
    [
        None, None, BAD_GATEWAY, Cut(), HalfJson(), HalfBody(), Page(), TooMany("0"),
        Repeat(), Skip(), Blank(), Shuffle(1), Shuffle(2),
    ]
)  # fmt: skip
_reading = st.builds(Read, st.lists(_faults, max_size=5), st.none() | st.integers(1, 2))
_steps = st.lists(_publishing | _reading | st.builds(Spoil, st.integers(2, 9), st.booleans()), min_size=3, max_size=9)


@pytest.fixture(scope="module")
def small() -> Iterator[AtHand]:
    """A local Reddit whose pages hold 20 things and whose listings hold 60."""
    server = LocalReddit(most=20, cap=60)
    with served(server.app()) as address:
        yield AtHand(server, address)


class Story:
    """What was read so far, and what must have been."""

    def __init__(self, server: LocalReddit, source: Reddit) -> None:
        self.server = server
        self.source = source
        self.now = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
        self.server.clock = lambda: self.now
        self.cursor: Cursor | None = None
        self.read: set[str] = set()
        self.lost: list[Lost] = []
        self.windows: list[tuple[datetime, datetime]] = []

    def publish(self, step: Publish) -> None:
        for n in range(step.count):
            self.now += timedelta(seconds=step.gap)
            place, date = step.offs[n % len(step.offs)]
            seconds = self.now.timestamp()
            self.server.submit("stocks", place=seconds + place, created=seconds + date)

    def spoil(self, step: Spoil) -> None:
        for thing in self.server.books.there("submissions", "stocks")[:: step.nth]:
            if step.deletes:
                self.server.delete(thing.name)
            else:
                self.server.edit(thing.name, "otherwise")

    async def go_on(self, step: Read) -> None:
        """One reading; its cursor counts only if it came to its end, as where page and cursor are stored together."""
        self.now += timedelta(seconds=5)
        self.server.script.clear()
        self.server.script.then(STREAM, *step.faults)  # type: ignore[arg-type]
        pages = self.source.pages(STREAM, self.cursor)
        count = 0
        window: tuple[datetime, datetime] | None = None
        try:
            async for page in pages:
                self.read |= {post.external_id for post in page.posts} | set(page.deleted)
                assert window is None or page.end == window[0], "the windows of a reading touch"
                window = (page.start, page.end if window is None else window[1])
                self.lost += page.lost
                if page.cursor is not None:
                    self.cursor = page.cursor
                    assert not self.windows or window[0] == self.windows[-1][1], "and so do those of two readings"
                    self.windows.append(window)
                count += 1
                if count == step.pages:
                    break
        except SourceError as error:
            note(f"{type(error).__name__}: {error}")
        finally:
            await pages.aclose()

    def missing(self) -> list[str]:
        """What is there, was published since the accounts begin, and was neither read nor named as lost."""
        since = self.windows[0][0].timestamp() + _OFF_S
        return [
            thing.name
            for thing in self.server.books.all()
            if thing.state == "there" and thing.created >= since
            and thing.name not in self.read and not self._is_lost(thing.created)
        ]  # fmt: skip

    def _is_lost(self, created: float) -> bool:
        return any(lost.start.timestamp() <= created < lost.end.timestamp() for lost in self.lost)


@given(steps=_steps)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
async def test_everything_is_read_or_named_as_lost(small: AtHand, steps: list[Publish | Spoil | Read]) -> None:
    small.server.reset()
    async with small.source() as source:
        story = Story(small.server, source)
        story.publish(Publish(3, 1, [(0, 0)]))
        for step in steps:
            match step:
                case Publish():
                    story.publish(step)
                case Spoil():
                    story.spoil(step)
                case Read():
                    await story.go_on(step)
        await story.go_on(Read([], None))
        story.now += timedelta(minutes=5)
        await story.go_on(Read([], None))
    assert story.missing() == []
