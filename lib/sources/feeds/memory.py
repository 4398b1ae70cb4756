"""What is remembered of a feed between two readings, and what follows from it: what is new, and what must be missing.

A feed lists its newest items only, and forgets the others. So each item is remembered by a digest with the date that it
was first given: a date that the publisher moves, or never gave, stays. Pure; it does not know HTTP, XML or tables.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from lib.domain.posts import content_hash
from lib.sources.feeds.document import Item
from lib.sources.posts import Cursor, Lost

# items that are no longer listed and would still be recognised if they came back
_KEPT = 2000

# an item may carry a time somewhat before it is listed, and nearly all speak in whole seconds
_LAG = timedelta(hours=1)
_SECOND = timedelta(seconds=1)

# what a first reading may claim to know all of: an old item that is pinned would stretch it to years
_FIRST = timedelta(days=7)

# who asks to be left alone for longer is asked all the same
_LONGEST_REST = timedelta(hours=1)


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """One item: digests of what identifies it and of its words, and the date that it was given."""

    key: str
    words: str
    at: datetime


class Memory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The cursor of a feed. `seen` begins with the `listed` items that the last reading found.

    `configured` is the address in the settings, `lives_at` where it permanently leads. `ttl` are the minutes for which
    the document asks not to be fetched again.
    """

    configured: str
    lives_at: str
    etag: str | None = None
    modified: str | None = None
    read_at: datetime | None = None
    rest_until: datetime | None = None
    ttl: int = 0
    listed: int = 0
    seen: tuple[Seen, ...] = ()

    def as_cursor(self) -> Cursor:
        """What `recall` takes."""
        cursor: Cursor = msgspec.to_builtins(self)
        return cursor


class Fresh(msgspec.Struct, frozen=True):
    """An item that was not seen before, or not with these words, and when it was published."""

    item: Item
    published_at: datetime


class Taken(msgspec.Struct, frozen=True):
    """What a reading brought: what is fresh, what is lost, from when on it tells all, and what to remember."""

    fresh: tuple[Fresh, ...]
    lost: tuple[Lost, ...]
    since: datetime
    memory: Memory


def recall(cursor: Cursor | None, configured: str) -> Memory:
    """What is remembered of the feed at `configured`. Under another address it is another feed, whose items may be the
    same.
    """
    blank = Memory(configured=configured, lives_at=configured)
    if not cursor:
        return blank
    memory = msgspec.convert(cursor, Memory)
    return memory if memory.configured == configured else msgspec.structs.replace(blank, seen=memory.seen)


def unchanged(memory: Memory, at: datetime, fresh_for: timedelta) -> Memory:
    """After an answer at `at` that nothing changed, good for `fresh_for`."""
    rest = min(max(fresh_for, timedelta(minutes=memory.ttl)), _LONGEST_REST)
    return msgspec.structs.replace(memory, read_at=at, rest_until=at + rest)


def take(memory: Memory, items: Sequence[Item], ttl: int, at: datetime, fresh_for: timedelta) -> Taken:
    """After an answer at `at` that lists `items`."""
    known = {seen.key: seen for seen in memory.seen}
    now_listed: dict[str, Seen] = {}
    fresh = []
    for item in items:
        key, words = _digest(item.ident), content_hash(item.title, item.text).hex()[:12]
        before = known.pop(key, None)
        published = before.at if before else item.at if item.at and item.at <= at else at
        now_listed[key] = Seen(key, words, published)
        if before is None or before.words != words:
            fresh.append(Fresh(item, published))
    after = msgspec.structs.replace(
        unchanged(msgspec.structs.replace(memory, ttl=ttl), at, fresh_for),
        listed=len(now_listed),
        seen=(*now_listed.values(), *list(known.values())[:_KEPT]),
    )
    return Taken(tuple(fresh), _lost(memory, after, at), _since(memory, after, at), after)


def _since(memory: Memory, after: Memory, at: datetime) -> datetime:
    if memory.read_at is not None:
        return min(memory.read_at, at)
    return max(min((seen.at for seen in after.seen[: after.listed]), default=at), at - _FIRST)


def _lost(memory: Memory, after: Memory, at: datetime) -> tuple[Lost, ...]:
    """Others may have come and gone where nothing that was listed still is, and all that is new is newer."""
    then, now = memory.seen[: memory.listed], after.seen[: after.listed]
    if memory.read_at is None or not (then or now) or {seen.key for seen in then} & {seen.key for seen in now}:
        return ()
    known = {seen.key for seen in memory.seen}
    oldest = min((seen.at for seen in now if seen.key not in known), default=at)
    newest_then = max((seen.at for seen in then), default=memory.read_at - _SECOND)
    if oldest + _SECOND < newest_then:
        return ()
    start = min(memory.read_at, max(newest_then, memory.read_at - _LAG))
    return (Lost(start=start, end=min(oldest + _SECOND, at), reason="the feed had moved on"),)


def _digest(ident: str) -> str:
    return hashlib.blake2b(ident.encode(), digest_size=8).hexdigest()
