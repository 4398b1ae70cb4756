"""What is remembered of a feed between two readings: where it lives, what it said of itself, how long it wants to rest.

What was in it is lib/sources/newest.py. Pure; it does not know HTTP, XML or tables.
"""

from datetime import datetime, timedelta

import msgspec

from lib.sources.newest import Newest
from lib.sources.posts import Cursor

# who asks to be left alone for longer is asked all the same
_LONGEST_REST = timedelta(hours=1)


class Memory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The cursor of a feed.

    `configured` is the address in the settings, `lives_at` where it permanently leads. `ttl` are the minutes for which
    the document asks not to be fetched again.
    """

    configured: str
    lives_at: str
    etag: str | None = None
    modified: str | None = None
    rest_until: datetime | None = None
    ttl: int = 0
    newest: Newest = Newest()

    def as_cursor(self) -> Cursor:
        """What `recall` takes."""
        cursor: Cursor = msgspec.to_builtins(self)
        return cursor


def recall(cursor: Cursor | None, configured: str) -> Memory:
    """What is remembered of the feed at `configured`. Under another address it is another feed, whose items may be the
    same.
    """
    blank = Memory(configured=configured, lives_at=configured)
    if not cursor:
        return blank
    memory = msgspec.convert(cursor, Memory)
    if memory.configured == configured:
        return memory
    return msgspec.structs.replace(blank, newest=Newest(seen=memory.newest.seen))


def visited(memory: Memory, newest: Newest, fresh_for: timedelta, ttl: int) -> Memory:
    """After an answer that is good for `fresh_for`."""
    assert newest.read_at is not None
    rest = min(max(fresh_for, timedelta(minutes=ttl)), _LONGEST_REST)
    return msgspec.structs.replace(memory, newest=newest, ttl=ttl, rest_until=newest.read_at + rest)
