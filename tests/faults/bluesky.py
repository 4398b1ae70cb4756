"""A local Jetstream under soak: people write, edit and delete, and accounts go. It does not know the collector."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from lib.db.pool import Pool
from tests.faults.chance import Chance
from tests.faults.soak import Item, check_posts
from tests.faults.words import wordy
from tests.servers.bluesky import LocalBluesky, Spoils
from tests.servers.bluesky_events import account, deletion, post
from tests.servers.bluesky_spoils import Close, CutOff, Frames, Freeze, HalfFrame, Repeat, Shuffle, Spoil
from tests.servers.faults import BAD_GATEWAY, Cut, Page, Slow, Status, TooMany

FAULTS: tuple[Any, ...] = (TooMany("1"), TooMany(), BAD_GATEWAY, Status(403), Page(), Cut(), Slow(0.2))


class _ChanceOfSpoils(Spoils):
    """A third of the open connections go wrong, by a seeded chance."""

    def __init__(self, seed: int, chance: Chance) -> None:
        super().__init__()
        self._chance = random.Random(seed)
        self._calm = chance

    def next(self, host: str) -> Spoil | None:
        if self._calm.calm or self._chance.random() > 1 / 3:
            return None
        after = self._chance.randrange(200)
        return self._chance.choice(
            (Close(after), CutOff(after), HalfFrame(after), Frames(after), Repeat(after, 9), Shuffle(after, 9),
             Freeze(after))
        )  # fmt: skip


class SoakedBluesky:
    """See tests.faults.soak.Provider."""

    name = "bluesky"
    commands: Sequence[Sequence[str]] = (("collect", "posts", "bluesky", "--no-score"),)
    at_last: Sequence[Sequence[str]] = ()
    settles_s = 1.0

    def __init__(self, local: LocalBluesky, seed: int) -> None:
        self._local = local
        self.chance = local.script = Chance(seed, FAULTS)
        local.spoils = _ChanceOfSpoils(seed, self.chance)
        self._items: dict[str, Item] = {}
        self._authors: dict[str, str] = {}
        local.murmur(0.2)

    @property
    def environment(self) -> Mapping[str, str]:
        return {**self._local.environment, "INSITECHART_WATCHLIST": "AAPL"}

    @property
    def calls(self) -> int:
        return len(self._local.asked)

    def publish(self, chance: random.Random, count: int) -> None:
        known = [uri for uri, item in self._items.items() if item.text is not None]
        for number in range(count):
            self._say(chance, number)
        for uri in chance.sample(known, min(len(known), count // 20)):
            self._change(chance, uri)

    def _say(self, chance: random.Random, number: int) -> None:
        time_us, did = self._local.now_us(), f"did:plc:person{chance.randrange(500)}"
        rkey, text = f"r{len(self._items)}", wordy(chance, number)
        uri = f"at://{did}/app.bsky.feed.post/{rkey}"
        self._items[uri] = Item(uri, _moment(time_us), "posts", text.replace("\0", ""))
        self._authors[uri] = did
        self._local.publish(post(text, time_us=time_us, rkey=rkey, did=did))

    def _change(self, chance: random.Random, uri: str) -> None:
        if self._items[uri].text is None:
            return
        time_us, did, rkey = self._local.now_us(), self._authors[uri], uri.rsplit("/", 1)[1]
        what = chance.random()
        if what < 0.45:
            self._items[uri] = self._items[uri]._replace(text="$AAPL edited")
            self._local.publish(post("$AAPL edited", time_us=time_us, rkey=rkey, did=did, operation="update"))
        elif what < 0.95:
            self._items[uri] = self._items[uri]._replace(text=None)
            self._local.publish(deletion(time_us=time_us, rkey=rkey, did=did))
        else:
            for other, theirs in self._authors.items():
                if theirs == did:
                    self._items[other] = self._items[other]._replace(text=None)
            self._local.publish(account(time_us=time_us, did=did, status="deleted"))

    async def check(self, pool: Pool) -> int:
        return await check_posts(pool, self.name, list(self._items.values()))


def _moment(time_us: int) -> datetime:
    return datetime.fromtimestamp(time_us / 1_000_000, UTC)
