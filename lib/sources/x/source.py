"""X as a source of posts: a search for each watched listing, the past of seven days, and whether posts are still there.

One stream per listing, `search/AAPL`, rather than many listings in one query: a name that stays whatever else is
watched, an account that says whether *this* listing was heard, and a query that fits. Packing would save calls, which
are free and many, and no money: X charges a post once a day however many searches find it.
"""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta

from lib.domain.symbols import Listing
from lib.errors import NoData, SourceError
from lib.settings import Settings
from lib.sources.patience import patiently
from lib.sources.posts import Cursor, Lost, Page, Verified, Volume
from lib.sources.x.answers import SOURCE, Found, Tweet, post
from lib.sources.x.client import AT_ONCE, Client, Manners
from lib.sources.x.counting import EVERY, HOUR, count, hour_after, hour_before
from lib.sources.x.ids import MILLISECOND, first_id, post_id, time_of
from lib.sources.x.position import Position
from lib.sources.x.queries import query
from lib.sources.x.reading import LAG, Search, read
from lib.sources.x.verdicts import NotUnderstood

# X refuses what is older than seven days, by its own clock and to the minute
_REACH = timedelta(days=7) - timedelta(minutes=15)
_TOO_OLD = "X finds posts of the last seven days only"

# a stream that was never read begins here: what is older costs money, and is a backfill's
_FIRST = timedelta(hours=1)


class X:
    """A PostSource that Backfills and Verifies; `client` must be open."""

    name = SOURCE
    at_once = AT_ONCE

    def __init__(self, client: Client, watched: Iterable[Listing], settings: Settings, manners: Manners) -> None:
        self.concurrency = manners.concurrency
        self._client = client
        self._patience = manners.patience
        self._queries = {listing.symbol: query(listing) for listing in watched}
        self._settings = settings
        self._counts: dict[str, dict[datetime, int]] = {}

    def streams(self) -> Sequence[str]:
        """`search/<symbol>` for each watched listing, and `counts/<symbol>` if they are wanted."""
        feeds = ("search", "counts") if self._settings.x_counts else ("search",)
        return [f"{feed}/{symbol}" for feed in feeds for symbol in self._queries]

    async def pages(self, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page, None]:
        """As PostSource.pages. A poll that was broken off is read to its end first: nothing in it is paid twice."""
        now = self._client.now()
        if stream.startswith("counts/"):
            since = datetime.fromisoformat(cursor["until"]) if cursor else hour_after(now - _REACH)
            pages = self._counted(stream, since, hour_before(now - LAG), at_least=EVERY)
        else:
            at = Position.of(cursor) if cursor else Position(first_id(now - _FIRST) - 1)
            pages = self._found(stream, at, first_id(now - LAG))
        async with aclosing(pages):
            async for page in pages:
                yield page

    def reach(self, stream: str) -> timedelta | None:
        """As Backfills.reach: a little less than seven days."""
        return _REACH

    def volume(self, stream: str, start: datetime, end: datetime) -> Volume:
        """As Backfills.volume. The number of posts is known only where it was counted by this object; where it is not,
        the dollars are the most that the budget lets a day cost.
        """
        settings = self._settings
        if stream.startswith("counts/"):
            return Volume(posts=0, calls=1, dollars=str(settings.x_price_counts))
        counts = self._counts.get(stream.partition("/")[2], {})
        hours = range((hour_after(end) - hour_before(start)) // HOUR)
        known = [counts.get(hour_before(start) + n * HOUR) for n in hours]
        if not all(number is not None for number in known):
            return Volume(posts=None, calls=None, dollars=str(min(settings.x_budget_day, settings.x_budget_month)))
        posts = sum(number or 0 for number in known)
        # each page but the first repeats a post of the one before
        calls = 1 + posts // (AT_ONCE - 1)
        return Volume(posts=posts, calls=calls, dollars=str(settings.x_price_post * (posts + calls - 1)))

    async def past(
        self, stream: str, start: datetime, end: datetime, cursor: Cursor | None
    ) -> AsyncGenerator[Page, None]:
        """As Backfills.past. What is older than seven days is named as lost."""
        top = min(end, self._client.now() - LAG)
        if stream.startswith("counts/"):
            since = datetime.fromisoformat(cursor["until"]) if cursor else hour_before(start)
            pages = self._counted(stream, since, min(hour_after(end), hour_before(top)), at_least=HOUR)
        else:
            at = Position.of(cursor) if cursor else Position(first_id(start) - 1)
            pages = self._found(stream, at, first_id(top))
        async with aclosing(pages):
            async for page in pages:
                yield page

    async def verify(self, external_ids: Sequence[str]) -> Verified:
        """As Verifies.verify; as many posts as the budget covers are paid for as if they were read anew.

        We hold a post under its first id; X may answer with a later version, or with the first one and the ids of later
        ones, whose words are then asked for. A post that nobody may see any more is gone.
        """
        held = dict(_ids(external_ids[: self.at_once]))
        if not held:
            return Verified(asked=0)
        asked = 0

        async def look_up(ids: Sequence[int]) -> Found:
            nonlocal asked
            asked += 1
            return await self._client.lookup(ids)

        found = await patiently(lambda: look_up(list(held)), self._patience)
        tweets, gone = list(found.tweets), {*found.gone}
        superseded = {tweet.history[-1]: tweet for tweet in found.tweets if not tweet.newest}
        if superseded:
            try:
                later = await patiently(lambda: look_up(sorted(superseded)), self._patience)
            except SourceError:
                # what the first answer told stands; the others stay due
                pass
            else:
                tweets.extend(later.tweets)
                chains = (superseded[new].history for new, _ in _ids(later.gone) if new in superseded)
                gone.update(str(version) for chain in chains for version in chain)
        return Verified(
            posts=tuple(post(tweet, of=version) for tweet, version in _current(tweets) if version in held),
            gone=tuple(name for name in held.values() if name in gone),
            asked=asked,
        )

    async def _found(self, stream: str, at: Position, top: int) -> AsyncGenerator[Page, None]:
        search = self._search(stream)
        # first what is left of a poll that was broken off, then a new one
        for end in (at.end, top) if at.end else (top,):
            lowest = first_id(self._client.now() - _REACH)
            if at.since + 1 < min(lowest, at.until or end):
                lost, at = _out_of_reach(at, lowest, end)
                yield Page(start=lost.start, end=lost.end, cursor=at.cursor(), asked=0, lost=(lost,))
            async with aclosing(read(search, at, end, patience=self._patience)) as pages:
                async for page in pages:
                    yield page
            at = at.through(end)

    async def _counted(
        self, stream: str, start: datetime, end: datetime, *, at_least: timedelta
    ) -> AsyncGenerator[Page, None]:
        asked_for = self._query(stream)
        if end - start < at_least:
            return
        lowest = min(hour_after(self._client.now() - _REACH), end)
        if start < lowest:
            lost = Lost(start=start, end=lowest, reason=_TOO_OLD)
            yield Page(start=start, end=lowest, cursor={"until": lowest.isoformat()}, asked=0, lost=(lost,))
            start = lowest
        if start < end:
            cursor = {"until": end.isoformat()}
            page, counts = await count(
                lambda first, last: self._client.counts(asked_for, first, last), start, end, cursor,
                patience=self._patience,
            )  # fmt: skip
            self._counts.setdefault(stream.partition("/")[2], {}).update(counts)
            yield page

    def _search(self, stream: str) -> Search:
        asked_for = self._query(stream)

        async def search(*, since: int, until: int, token: str | None) -> tuple[Found, datetime]:
            try:
                return await self._client.search(asked_for, since=since, until=until, token=token)
            except NotUnderstood as error:
                error.stream = stream
                raise

        return search

    def _query(self, stream: str) -> str:
        symbol = stream.partition("/")[2]
        if symbol not in self._queries:
            raise NoData(SOURCE, f"{symbol} is not watched, so X is not asked about it.", stream=stream)
        return self._queries[symbol]


def _out_of_reach(at: Position, lowest: int, end: int) -> tuple[Lost, Position]:
    """What X does not find any more of a poll that began at `end`, and where the rest of it begins."""
    until = at.until or end
    gone = min(lowest, until)
    # the page before reached down to the end of this millisecond
    upper = time_of(gone) + (MILLISECOND if gone == at.until else timedelta(0))
    lost = Lost(start=time_of(at.since + 1), end=upper, reason=_TOO_OLD)
    return lost, at._replace(since=gone - 1) if gone < until else at.through(end)


def _ids(names: Iterable[str]) -> Iterable[tuple[int, str]]:
    for name in names:
        try:
            yield post_id(name), name
        except ValueError:
            continue


def _current(tweets: Iterable[Tweet]) -> Iterable[tuple[Tweet, int]]:
    """Each post in its newest version with each of the ids that it has had."""
    return ((tweet, version) for tweet in tweets if tweet.newest for version in tweet.history)
