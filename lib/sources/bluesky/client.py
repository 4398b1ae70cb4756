"""Bluesky's posts as pages: live from where the last run stopped, or again from up to a day ago."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from lib.settings import Settings
from lib.sources.access import Access
from lib.sources.bluesky.ends import Ends
from lib.sources.bluesky.events import SOURCE, microseconds
from lib.sources.bluesky.gathering import Gathering
from lib.sources.bluesky.hosts import Hosts
from lib.sources.bluesky.line import address
from lib.sources.bluesky.reader import Manners, Reader
from lib.sources.declared import user_agent
from lib.sources.interest import Interest
from lib.sources.posts import Cursor, Page, Volume

_STREAM = "posts"

# what Jetstream keeps unless its operator says otherwise
_REACH = timedelta(hours=24)

_MANNERS = Manners()


class Bluesky:
    """A PostSource that also Backfills. Its clock is the servers': windows and cursors count when one of them saw an
    event, which is moments after it was published.
    """

    name = SOURCE
    concurrency = 1

    def __init__(self, settings: Settings, access: Access, interest: Interest, manners: Manners = _MANNERS) -> None:
        """Raises ConfigurationError where a host of the settings has no possible address."""
        self._hosts = list(dict.fromkeys(settings.bluesky_hosts))
        for host in self._hosts:
            address(host)
        self._agent = user_agent(settings)
        self._access = access
        self._concerns = interest.concerns
        self._manners = manners

    def streams(self) -> Sequence[str]:
        """One stream: every post there is."""
        return (_STREAM,)

    def pages(self, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page, None]:
        """Posts that concern the installation, edits and deletions, from `cursor` or an hour ago on, for ever.

        A page comes every second. Its window ends at the last event heard: silence is never taken for an answer. Raises
        RateLimited, Denied, Unavailable or Malformed once no host could be heard for several attempts.
        """
        return self._follow(None if cursor is None else cursor["time_us"], None)

    def reach(self, stream: str) -> timedelta | None:
        """About a day."""
        return _REACH

    def volume(self, stream: str, start: datetime, end: datetime) -> Volume:
        """One connection; nobody knows how many posts will be about stocks."""
        return Volume(posts=None, calls=1)

    def past(self, stream: str, start: datetime, end: datetime, cursor: Cursor | None) -> AsyncGenerator[Page, None]:
        """The same for what the servers saw in [start, end), or up to now where that is earlier."""
        reached = microseconds(start) if cursor is None else cursor["time_us"]
        return self._follow(reached, microseconds(min(end, datetime.now(UTC))))

    async def _follow(self, reached: int | None, until_us: int | None) -> AsyncGenerator[Page, None]:
        manners = self._manners
        ends = Ends(int(manners.overlap_s * 1_000_000))
        gathering = Gathering(self._concerns, manners.room, ends, reached=reached, began=datetime.now(UTC))
        reader = Reader(gathering, Hosts(self._hosts), self._access, manners, agent=self._agent, until_us=until_us)
        reading = asyncio.create_task(reader.run(), name=f"{SOURCE} reader")
        reading.add_done_callback(lambda _: gathering.ready.set())
        try:
            over = False
            while not over:
                with suppress(TimeoutError):
                    async with asyncio.timeout(manners.page_s):
                        await gathering.ready.wait()
                over = reading.done()
                page = gathering.take()
                if page.is_answer or not over:
                    yield page
            await reading
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
