"""What is remembered of a list that a provider keeps of its newest items, and what follows at the next look: which are
new or said differently, and what must be missing.

Such a list forgets its older items. So each item is remembered by a digest with the date that it was first given: a
date that the provider moves, or never gave, stays. Pure; it does not know providers, HTTP or tables.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

import msgspec

from lib.domain.posts import content_hash
from lib.sources.posts import Lost

# items that are no longer listed and would still be recognised if they came back
_KEPT = 2000

# an item may carry a time somewhat before it is listed, and nearly all speak in whole seconds
_LAG = timedelta(hours=1)
_SECOND = timedelta(seconds=1)

# what a first look may claim to know all of: an old item that is pinned would stretch it to years
_FIRST = timedelta(days=7)


class Listed(Protocol):
    """One item: `ident` tells it from others of the list, `at` is when it was published, None where nobody says."""

    @property
    def ident(self) -> str: ...
    @property
    def title(self) -> str | None: ...
    @property
    def text(self) -> str: ...
    @property
    def at(self) -> datetime | None: ...


T = TypeVar("T", bound=Listed)


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """One item: digests of what identifies it and of its words, and the date that it was given."""

    key: str
    words: str
    at: datetime


class Newest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is remembered; part of a cursor. `seen` begins with the `listed` items that the last look found."""

    read_at: datetime | None = None
    listed: int = 0
    seen: tuple[Seen, ...] = ()

    def since(self, at: datetime) -> datetime:
        """From when on a look at `at` that finds no change accounts for everything."""
        return at if self.read_at is None else min(self.read_at, at)


class Fresh(msgspec.Struct, Generic[T], frozen=True):
    """An item that was not seen before, or not with these words, and when it was published."""

    item: T
    published_at: datetime


class Taken(msgspec.Struct, Generic[T], frozen=True):
    """What a look brought: what is fresh, what is lost, from when on it tells all, and what to remember."""

    fresh: tuple[Fresh[T], ...]
    lost: tuple[Lost, ...]
    since: datetime
    newest: Newest


def take(newest: Newest, items: Sequence[T], at: datetime, *, moved_on: str) -> Taken[T]:
    """After a look at `at` that found `items`, each once; `moved_on` is the reason to give for what must be missing."""
    known = {seen.key: seen for seen in newest.seen}
    now_listed: dict[str, Seen] = {}
    fresh = []
    for item in items:
        key, words = _digest(item.ident), content_hash(item.title, item.text).hex()[:12]
        before = known.pop(key, None)
        published = before.at if before else item.at if item.at and item.at <= at else at
        now_listed[key] = Seen(key, words, published)
        if before is None or before.words != words:
            fresh.append(Fresh(item, published))
    after = Newest(read_at=at, listed=len(now_listed), seen=(*now_listed.values(), *list(known.values())[:_KEPT]))
    return Taken(tuple(fresh), _lost(newest, after, at, moved_on), _since(newest, after, at), after)


def _since(newest: Newest, after: Newest, at: datetime) -> datetime:
    if newest.read_at is not None:
        return newest.since(at)
    return max(min((seen.at for seen in after.seen[: after.listed]), default=at), at - _FIRST)


def _lost(newest: Newest, after: Newest, at: datetime, reason: str) -> tuple[Lost, ...]:
    """Others may have come and gone where nothing that was listed still is, and all that is new is newer."""
    then, now = newest.seen[: newest.listed], after.seen[: after.listed]
    if newest.read_at is None or not (then or now) or {seen.key for seen in then} & {seen.key for seen in now}:
        return ()
    known = {seen.key for seen in newest.seen}
    oldest = min((seen.at for seen in now if seen.key not in known), default=at)
    newest_then = max((seen.at for seen in then), default=newest.read_at - _SECOND)
    if oldest + _SECOND < newest_then:
        return ()
    start = min(newest.read_at, max(newest_then, newest.read_at - _LAG))
    return (Lost(start=start, end=min(oldest + _SECOND, at), reason=reason),)


def _digest(ident: str) -> str:
    return hashlib.blake2b(ident.encode(), digest_size=8).hexdigest()
