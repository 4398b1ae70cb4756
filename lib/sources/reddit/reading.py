"""One reading of a stream, from its newest thing back to what is known: pages whose accounts touch, and the cursor.
It does not ask.

All times are Reddit's. The cursor holds moments, not ids: what an id names may be deleted any minute.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from lib.sources.posts import Cursor, Lost, Page
from lib.sources.reddit.listing import FEW, Listing

# a thing may turn up in a listing so long after the moment that it carries
_SETTLING = timedelta(seconds=30)

# what is not older than this is read again each time, for edits
_AGAIN = timedelta(minutes=2)

_END = "Reddit's listing ended before it; a listing holds about 1,000 things."


class Known(msgspec.Struct, frozen=True):
    """What the cursor says: `until` when the stream is accounted for, the moment `newest` up to which things were
    really seen, and whether the listing was `deep`: longer than one page.
    """

    until: datetime
    newest: datetime
    deep: bool

    @property
    def mark(self) -> datetime:
        """Whatever is newer than this is read. The silence from `newest` to `until` is not relied on, for a page may
        have been withheld.
        """
        return min(self.until - _AGAIN, self.newest)


class Reading:
    """Turns the listings of one reading, in their order, into pages. `cursor` None: the stream was never read."""

    def __init__(self, cursor: Cursor | None) -> None:
        self._known = None if cursor is None else msgspec.convert(dict(cursor), Known)
        self._first: Listing | None = None
        self._until = self._top = datetime.now(UTC)

    def is_doubtful(self, first: Listing) -> bool:
        """Whether the first listing is surprisingly short; that is believed when it is said twice."""
        if self._known is None:
            return not first.items
        return self._known.deep and not first.more and not first.reaches(self._known.mark, few=1)

    def page(self, listing: Listing) -> Page:
        """The page that `listing` becomes. It has a cursor where the reading ends with it."""
        known, is_whole = self._known, self._first is None and not listing.more
        if self._first is None:
            self._first = listing
            self._top = readable(listing)
            if known is not None:
                self._top = max(self._top, known.until)
            self._until = self._top
        top = self._top
        floor = min(listing.floor or top, top)
        reached = known is not None and listing.reaches(known.mark, few=1 if is_whole else FEW)
        is_last = reached or not listing.more
        if known is None:
            self._top = floor
        else:
            self._top = known.until if is_last else max(floor, known.until)
        lost: tuple[Lost, ...] = ()
        if known is not None and is_last and not reached and (known.deep or not is_whole):
            lost = _lost(min(known.until, known.newest), min(floor + _SETTLING, self._until))
        return Page(
            start=self._top,
            end=top,
            cursor=self._cursor(self._first) if is_last else None,
            posts=listing.posts,
            deleted=listing.gone,
            received=len(listing.items),
            asked=listing.asked,
            dropped=listing.refused,
            lost=lost,
        )

    def _cursor(self, first: Listing) -> Cursor:
        if first.newest is not None:
            newest = first.newest - _SETTLING
        else:
            newest = self._until if self._known is None else self._known.newest
        known = Known(until=self._until, newest=newest, deep=first.more)
        cursor: Cursor = msgspec.to_builtins(known)
        return cursor


class Looking:
    """Turns the listings of a look at the past, in their order, into pages that account for [start, end)."""

    def __init__(self, start: datetime, end: datetime, cursor: Cursor | None) -> None:
        self._start, self._end = start, end
        self._top = end if cursor is None else min(end, datetime.fromisoformat(cursor["down_to"]))
        self._until = self._top
        self._is_first = True

    def page(self, listing: Listing) -> tuple[Page, bool]:
        """The page that `listing` becomes, and whether older listings are wanted."""
        is_whole = self._is_first and not listing.more
        if self._is_first:
            self._until = self._top = max(min(self._top, readable(listing)), self._start)
            self._is_first = False
        top = self._top
        floor = max(min(listing.floor or top, top), self._start)
        reached = is_whole or listing.reaches(self._start - timedelta.resolution, few=FEW)
        is_last = reached or not listing.more
        self._top = self._start if is_last else floor
        page = Page(
            start=self._top,
            end=top,
            cursor={"down_to": self._top.isoformat()},
            posts=tuple(post for post in listing.posts if self._start <= post.published_at < self._end),
            deleted=listing.gone,
            received=len(listing.items),
            asked=listing.asked,
            dropped=listing.refused,
            lost=_lost(self._start, min(floor + _SETTLING, self._until)) if is_last and not reached else (),
        )
        return page, not is_last


def readable(first: Listing) -> datetime:
    """Up to when the first listing of a reading tells everything: by Reddit's clock, and by ours if that is behind."""
    now = datetime.now(UTC)
    # Reddit's clock has come to its newest thing in any case
    return min(first.at or first.newest or now, now) - _SETTLING


def _lost(start: datetime, end: datetime) -> tuple[Lost, ...]:
    return (Lost(start=start, end=end, reason=_END),) if start < end else ()
