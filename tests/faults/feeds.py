"""Local publishers under soak: two feeds that list their newest articles and reword some of them."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from lib.db.pool import Pool
from tests.faults.chance import Chance
from tests.faults.soak import Item, check_posts
from tests.servers.faults import BAD_GATEWAY, Cut, HalfBody, HalfJson, Page, Slow, Status, TooMany
from tests.servers.feed_documents import Feed
from tests.servers.feed_documents import Item as Article
from tests.servers.feeds import LocalFeeds

NAMES = ("one", "two")

# no 429 without Retry-After: the host is then left alone for a quarter of an hour, which a soak cannot wait for
FAULTS: tuple[Any, ...] = (
    TooMany("1"), BAD_GATEWAY, Status(402), Status(403), Page(), HalfJson(), HalfBody(), Cut(), Slow(0.2),
)  # fmt: skip

_IDS = "SELECT external_id, url FROM posts WHERE source = 'feeds'"

_CAPACITY = 2_000


class SoakedFeeds:
    """See tests.faults.soak.Provider. Articles are told apart by their address, for ids are made of digests."""

    name = "feeds"
    commands: Sequence[Sequence[str]] = (("collect", "posts", "feeds", "--no-score"),)
    at_last: Sequence[Sequence[str]] = ()
    settles_s = 0.0

    def __init__(self, local: LocalFeeds, seed: int) -> None:
        self._local = local
        self.chance = local.script = Chance(seed, FAULTS)
        self._feeds = {name: local.publish(f"https://news.example/{name}", Feed(capacity=_CAPACITY)) for name in NAMES}
        self._articles: dict[str, tuple[str, Article]] = {}

    @property
    def environment(self) -> Mapping[str, str]:
        addresses = ",".join(f"{name}=https://news.example/{name}" for name in NAMES)
        return {**self._local.environment, "INSITECHART_FEEDS": addresses}

    @property
    def calls(self) -> int:
        return len(self._local.calls)

    def publish(self, chance: random.Random, count: int) -> None:
        at = datetime.now(UTC).replace(microsecond=0)
        for _ in range(count):
            name, number = chance.choice(NAMES), len(self._articles)
            link = f"https://news.example/articles/{number}"
            text = f"Apple {chance.choice(('soars', 'sinks', '삼성전자 급등 🚀'))} {number}"
            article = Article(title=f"Title {number}", text=text, guid=f"g{number}", link=link, at=at)
            self._articles[link] = (name, article)
            self._feeds[name].publish(article)
        for feed in self._feeds.values():
            for place in chance.sample(range(len(feed.items)), min(len(feed.items), count // 40)):
                reworded = msgspec.structs.replace(feed.items[place], text=f"Reworded {chance.getrandbits(32)}")
                feed.items[place] = reworded
                assert reworded.link is not None
                self._articles[reworded.link] = (self._articles[reworded.link][0], reworded)

    async def check(self, pool: Pool) -> int:
        ids = {row["url"]: row["external_id"] for row in await pool.fetch(_IDS)}
        items = [
            Item(ids.get(link, link), article.at or datetime.now(UTC), f"articles/{name}", article.text)
            for link, (name, article) in self._articles.items()
        ]
        return await check_posts(pool, self.name, items)
