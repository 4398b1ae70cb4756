"""What a local Reddit has in its books, and the listings that it makes of them: Reddit's shapes, written from scratch.

It does not know HTTP. Threads may write while the server reads.
"""

import bisect
import itertools
import random
import threading
from collections import defaultdict
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_FIRST = 60_466_176

Feed = Literal["submissions", "comments"]


class Repeat(NamedTuple):
    """Instead of the page asked for, the one before it."""


class Skip(NamedTuple):
    """Instead of the page asked for, the one after it."""


class Blank(NamedTuple):
    """A listing with nothing in it."""


class Shuffle(NamedTuple):
    """The things of the page in another order."""

    seed: int = 0


class Thing(msgspec.Struct, kw_only=True):
    """A submission or a comment. `place` is what listings are sorted by, `created` the date that it carries; both are
    seconds of the epoch, and nearly always the same. `fields` stand in the answer in place of what would.
    """

    kind: Literal["t1", "t3"]
    id: str
    subreddit: str
    author: str
    title: str
    text: str
    created: float
    place: float
    edited: float | bool = False
    state: Literal["there", "deleted", "removed", "purged"] = "there"
    fields: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """Its fullname."""
        return f"{self.kind}_{self.id}"

    def data(self) -> dict[str, Any]:
        """It, as Reddit shows it to somebody who is not logged in."""
        gone = {"there": None, "deleted": "[deleted]", "removed": "[removed]", "purged": ""}[self.state]
        common = {
            "id": self.id,
            "name": self.name,
            "subreddit": self.subreddit,
            "subreddit_id": "t5_2local",
            "author": self.author if gone is None else "[deleted]",
            "created": self.created,
            "created_utc": self.created,
            "edited": self.edited,
            "score": 1,
            "stickied": False,
            "distinguished": None,
        }
        if self.kind == "t1":
            link = {"link_id": "t3_100000", "parent_id": "t3_100000", "link_title": "Daily discussion"}
            path = f"/r/{self.subreddit}/comments/100000/daily_discussion/{self.id}/"
            return common | link | {"body": self.text if gone is None else gone, "permalink": path} | self.fields
        own = {
            "title": self.title,
            "selftext": self.text if gone is None else gone,
            "is_self": True,
            "permalink": f"/r/{self.subreddit}/comments/{self.id}/_/",
            "url": f"https://www.reddit.com/r/{self.subreddit}/comments/{self.id}/_/",
            "removed_by_category": {"deleted": "deleted", "removed": "moderator"}.get(self.state),
        }
        return common | own | self.fields


class Books:
    """Every subreddit's things. `most` are on a page at most, `cap` in a listing."""

    def __init__(self, *, most: int = 100, cap: int = 1000) -> None:
        self.most = most
        self.cap = cap
        self._things: dict[str, Thing] = {}
        self._order: defaultdict[tuple[str, str], list[Thing]] = defaultdict(list)
        self._numbers = itertools.count(_FIRST)
        self._lock = threading.Lock()

    def add(self, feed: Feed, subreddit: str, at: datetime, **given: Any) -> Thing:
        """Publishes a thing; `given` are fields of Thing."""
        with self._lock:
            number, seconds = next(self._numbers), float(int(at.timestamp()))
            values: dict[str, Any] = {
                "author": f"user{number % 997}", "title": f"Title {number}", "text": f"Text {number}",
                "created": seconds, "place": seconds,
            }  # fmt: skip
            kind: Literal["t1", "t3"] = "t3" if feed == "submissions" else "t1"
            thing = Thing(kind=kind, id=_base36(number), subreddit=subreddit, **values | given)
            self._things[thing.name] = thing
            bisect.insort(self._order[feed, subreddit.lower()], thing, key=_place)
            return thing

    def thing(self, name: str) -> Thing:
        """The thing of this fullname, in whatever state it is."""
        return self._things[name]

    def all(self) -> list[Thing]:
        """Everything that was ever published, in that order, in whatever state it is."""
        with self._lock:
            return list(self._things.values())

    def there(self, feed: Feed, subreddit: str) -> list[Thing]:
        """What is listed, the newest first: of the newest `cap` those that nobody took back."""
        with self._lock:
            newest = reversed(self._order[feed, subreddit.lower()][-self.cap :])
            return [thing for thing in newest if thing.state == "there"]

    def page(
        self, feed: Feed, subreddit: str, *, after: str, before: str, limit: int, oddity: object = None
    ) -> dict[str, Any]:
        """A page of the listing. Like Reddit's, it is empty where `after` or `before` is not listed any more."""
        things = self.there(feed, subreddit)
        names = [thing.name for thing in things]
        size = min(limit, self.most)
        if (after and after not in names) or (before and before not in names):
            return listing([], None)
        first = names.index(after) + 1 if after else 0
        if before:
            end = names.index(before)
            return listing(things[max(0, end - size) : end], None)
        match oddity:
            case Blank():
                return listing([], None)
            case Repeat():
                first = max(0, first - size)
            case Skip():
                first += size
        page = things[first : first + size]
        last = page[-1].name if page and first + size < len(things) else None
        if isinstance(oddity, Shuffle):
            page = random.Random(oddity.seed).sample(page, len(page))
        return listing(page, last)

    def info(self, names: list[str], *, oddity: object = None) -> dict[str, Any]:
        """The things of these fullnames that are known, deleted ones as what is left of them."""
        if isinstance(oddity, Blank):
            return listing([], None)
        found = [self._things[name] for name in names if name in self._things]
        return listing([thing for thing in found if thing.state != "purged"], None)

    def clear(self) -> None:
        """Nothing was ever published; ids go on."""
        with self._lock:
            self._things.clear()
            self._order.clear()


def listing(things: list[Thing], after: str | None) -> dict[str, Any]:
    """`things` as a listing of Reddit's."""
    children = [{"kind": thing.kind, "data": thing.data()} for thing in things]
    data = {
        "after": after,
        "before": None,
        "dist": len(children),
        "modhash": "",
        "geo_filter": "",
        "children": children,
    }
    return {"kind": "Listing", "data": data}


def _place(thing: Thing) -> tuple[float, int]:
    return thing.place, int(thing.id, 36)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
