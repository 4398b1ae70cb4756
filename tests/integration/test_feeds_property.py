"""Whatever publishers and networks do between readings: each article that was served is told once, and what came and
went unseen lies in a window that is given up as lost.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.errors import SourceError
from lib.sources.feeds.client import Feeds
from lib.sources.posts import Cursor
from tests.servers.faults import BAD_GATEWAY, Cut, Fault, HalfBody, HalfJson, Page, Slow, Status, TooMany
from tests.servers.feed_documents import Feed, Item, Kind
from tests.servers.feeds import LocalFeeds
from tests.support.feeds import ADDRESS, PLACE, Clock, hasty_feeds, read

_FAULTS = [BAD_GATEWAY, Cut(), HalfBody(), HalfJson(), Page(), Slow(0.01), Status(503), TooMany("0")]


class Publish(NamedTuple):
    """So many new articles, a minute apart, with or without a date."""

    articles: int
    dated: bool


class Withdraw(NamedTuple):
    """The publisher takes one article back."""

    place: int


class Correct(NamedTuple):
    """The publisher rewrites one article."""

    place: int


class Visit(NamedTuple):
    """A reading, with faults on the way; not `stored` where whoever reads is killed before the page is."""

    faults: tuple[Fault, ...]
    stored: bool


_publish = st.builds(Publish, st.integers(1, 4), st.booleans())
_visit = st.builds(Visit, st.lists(st.sampled_from(_FAULTS), max_size=3).map(tuple), st.booleans())
_step = st.one_of(_publish, _visit, st.builds(Withdraw, st.integers(0, 5)), st.builds(Correct, st.integers(0, 5)))
# each with the minutes that pass before it
_steps = st.lists(st.tuples(st.floats(0.02, 200), _step), max_size=24)


class World:
    """One feed and its reader, and what must be true of the two after each reading."""

    def __init__(self, server: LocalFeeds, source: Feeds, clock: Clock, feed: Feed) -> None:
        self.served: set[tuple[str, str]] = set()
        self.told: Counter[tuple[str, str]] = Counter()
        self._server = server
        self._source = source
        self._clock = clock
        self._feed = feed
        self._cursor: Cursor | None = None
        self._reached: datetime | None = None
        self._unseen: dict[str, datetime] = {}
        self._numbers = count()

    async def take(self, step: Publish | Withdraw | Correct | Visit) -> None:
        items = self._feed.items
        match step:
            case Publish(articles, dated):
                for _ in range(articles):
                    self._publish(self._clock.pass_minutes(1), dated=dated)
            case Withdraw(place) if items:
                self._unseen.pop(items.pop(place % len(items)).guid or "", None)
            case Correct(place) if items:
                old = items[place % len(items)]
                corrected = f"{old.guid}, corrected {next(self._numbers)}"
                items[place % len(items)] = Item(guid=old.guid, title=corrected, at=old.at)
            case Visit(faults, stored):
                await self._visit(faults, stored=stored)

    def _publish(self, now: datetime, *, dated: bool) -> None:
        guid = f"urn:{next(self._numbers)}"
        self._feed.publish(Item(guid=guid, title=f"article {guid}", at=now if dated else None))
        # nobody can tell what there was before the first reading
        if self._reached is not None:
            self._unseen[guid] = now

    async def _visit(self, faults: Sequence[Fault], *, stored: bool) -> None:
        self._server.script.clear()
        self._server.script.then(PLACE, *faults)
        try:
            page = await read(self._source, self._cursor)
        except SourceError:
            return
        assert page is not None
        if not stored:
            return
        assert self._reached in (None, page.start), "accounts touch"
        self._cursor, self._reached = page.cursor, page.end
        self.told.update((post.external_id, post.title or "") for post in page.posts)
        self.served |= {(f"news:{item.guid}", item.title or "") for item in self._feed.items}
        listed = {item.guid for item in self._feed.items}
        for guid, at in self._unseen.items():
            assert guid in listed or any(lost.start <= at < lost.end for lost in page.lost), (guid, at, page.lost)
        self._unseen.clear()


@given(steps=_steps, kind=st.sampled_from(["rss", "rdf", "atom"]), capacity=st.integers(1, 6), validators=st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_article_served_is_told_once_and_what_was_missed_is_lost(
    local_feeds: LocalFeeds,
    steps: list[tuple[float, Publish | Withdraw | Correct | Visit]],
    kind: Kind,
    capacity: int,
    validators: bool,
) -> None:
    local_feeds.reset()
    feed = local_feeds.publish(ADDRESS, Feed(kind=kind, capacity=capacity, validators=validators))
    clock = Clock()
    async with hasty_feeds(clock) as source:
        world = World(local_feeds, source, clock, feed)
        for minutes, step in steps:
            clock.pass_minutes(minutes)
            await world.take(step)
        await world.take(Visit((), stored=True))

    assert set(world.told) == world.served
    assert set(world.told.values()) <= {1}
