"""A local Reddit under soak: two subreddits in which people write, edit and delete. It does not know the collector."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from lib.db.pool import Pool
from tests.faults.chance import Chance
from tests.faults.soak import Item, check_posts
from tests.faults.words import wordy
from tests.servers.faults import BAD_GATEWAY, Cut, HalfBody, HalfJson, Page, Slow, Status, TooMany
from tests.servers.reddit import CLIENT_ID, CLIENT_SECRET, LocalReddit
from tests.servers.reddit_books import Blank, Repeat, Shuffle

SUBREDDITS = ("soakone", "soaktwo")

FAULTS: tuple[Any, ...] = (
    TooMany("1"), TooMany(), BAD_GATEWAY, Status(503), Status(402), Status(403), Page(), HalfJson(), HalfBody(), Cut(),
    Slow(0.2), Blank(), Repeat(), Shuffle(),
)  # fmt: skip


class SoakedReddit:
    """See tests.faults.soak.Provider."""

    name = "reddit"
    commands: Sequence[Sequence[str]] = (("collect", "posts", "reddit", "--no-score"),)
    at_last: Sequence[Sequence[str]] = (("collect", "deleted", "reddit", "--all"),)
    settles_s = 5.0

    def __init__(self, local: LocalReddit, seed: int) -> None:
        self._local = local
        self.chance = local.script = Chance(seed, FAULTS)

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            **self._local.environment,
            "INSITECHART_REDDIT_CLIENT_ID": CLIENT_ID,
            "INSITECHART_REDDIT_CLIENT_SECRET": CLIENT_SECRET,
            "INSITECHART_REDDIT_USERNAME": "soak",
            "INSITECHART_REDDIT_SUBREDDITS": ",".join(SUBREDDITS),
        }

    @property
    def calls(self) -> int:
        return len(self._local.calls)

    def publish(self, chance: random.Random, count: int) -> None:
        known = [thing.name for thing in self._local.books.all() if thing.state == "there"]
        for number in range(count):
            where, text = chance.choice(SUBREDDITS), wordy(chance, number)
            if chance.random() < 0.3:
                self._local.submit(where, title=f"Title {number}", text=text)
            else:
                self._local.comment(where, text)
        for name in chance.sample(known, min(len(known), count // 20)):
            chance.choice((lambda of: self._local.edit(of, "edited"), self._local.delete, self._local.remove))(name)

    async def check(self, pool: Pool) -> int:
        items = [
            Item(
                thing.name,
                published_at=datetime.fromtimestamp(thing.created, UTC),
                stream=f"{'comments' if thing.kind == 't1' else 'submissions'}/{thing.subreddit}",
                text=thing.text.replace("\0", "") if thing.state == "there" else None,
            )
            for thing in self._local.books.all()
        ]
        return await check_posts(pool, self.name, items)
