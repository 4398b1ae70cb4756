"""A local X under soak: posts about three stocks, edited and deleted, each one paid for."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from lib.db.pool import Pool
from tests.faults.chance import Chance
from tests.faults.soak import Item, check_posts
from tests.faults.words import wordy
from tests.servers.faults import BAD_GATEWAY, Cut, HalfBody, HalfJson, Page, Slow, TooMany
from tests.servers.x import FORBIDDEN, NO_CREDITS, Hollow, Limited, LocalX, Repeat, Shuffle, Skip

SYMBOLS = ("AAPL", "MSFT", "TSLA")

BUDGET = Decimal(1000)

FAULTS: tuple[Any, ...] = (
    Limited(1), Limited(), TooMany("1"), TooMany(), BAD_GATEWAY, NO_CREDITS, FORBIDDEN, Page(), HalfJson(), HalfBody(),
    Cut(), Slow(0.2), Repeat(), Skip(), Shuffle(), Hollow(),
)  # fmt: skip


class SoakedX:
    """See tests.faults.soak.Provider."""

    name = "x"
    commands: Sequence[Sequence[str]] = (("collect", "posts", "x", "--no-score"),)
    at_last: Sequence[Sequence[str]] = (("collect", "deleted", "x", "--all"),)
    settles_s = 15.0

    def __init__(self, local: LocalX, seed: int) -> None:
        self._local = local
        self.chance = local.script = Chance(seed, FAULTS)
        self._published: dict[int, str] = {}

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            **self._local.environment,
            "INSITECHART_X_BEARER_TOKEN": self._local.token,
            "INSITECHART_X_BUDGET_DAY": str(BUDGET),
            "INSITECHART_X_BUDGET_MONTH": str(BUDGET),
            "INSITECHART_WATCHLIST": ",".join(SYMBOLS),
        }

    @property
    def calls(self) -> int:
        return len(self._local.calls)

    def publish(self, chance: random.Random, count: int) -> None:
        posts, at = self._local.posts, datetime.now(UTC)
        known = [first for first in self._published if posts.seen(first)]
        for number in range(count):
            symbol = chance.choice(SYMBOLS)
            tweet = posts.publish(wordy(chance, number, about=f"${symbol}"), at + timedelta(milliseconds=number % 900))
            self._published[tweet.id] = symbol
        for first in chance.sample(known, min(len(known), count // 20)):
            if chance.random() < 0.5:
                posts.edit(first, f"${self._published[first]} edited", at)
            else:
                posts.delete(first)

    async def check(self, pool: Pool) -> int:
        posts = self._local.posts
        items = [
            Item(
                str(first),
                published_at=posts.versions[first].at,
                stream=f"search/{symbol}",
                text=posts.current(first).text.replace("\0", "") if posts.seen(first) else None,
            )
            for first, symbol in self._published.items()
        ]
        spent = await pool.fetchval("SELECT coalesce(sum(dollars), 0) FROM spend WHERE source = 'x'")
        assert spent <= BUDGET
        return await check_posts(pool, self.name, items, self._local.bill.dollars)
