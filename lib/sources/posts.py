"""What every source of posts looks like from outside: streams, and pages that account for what they bring. It does not
know any provider.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

import msgspec

from lib.domain.posts import Post

Cursor = Mapping[str, Any]


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """A window [start, end) of publication times of which this source can tell nothing any more, and why."""

    start: datetime
    end: datetime
    reason: str


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. It is stored whole and once: posts, deletions, cursor and account in one transaction.

    [start, end) are the publication times (UTC) that this page accounts for: whatever the stream had in them is here,
    was refused with a reason in `dropped`, or is named in `lost`. `cursor` is what `pages` needs to go on after this
    page; None leaves the stored one as it is. `received` counts items as the provider sent them, `asked` the calls.
    `live=False` says that posts may come again as they once read: only one that carries `edited_at` is a new version.
    `deleted_authors` says which accounts ended and when: what they published until then goes.
    """

    start: datetime
    end: datetime
    cursor: Cursor | None
    posts: tuple[Post, ...] = ()
    deleted: tuple[str, ...] = ()
    deleted_authors: Mapping[str, datetime] = {}
    received: int = 0
    asked: int = 1
    dropped: Mapping[str, int] = {}
    lost: tuple[Lost, ...] = ()
    live: bool = True

    @property
    def is_answer(self) -> bool:
        """The provider was heard; a stream that is not open just now yields pages that say nothing."""
        return self.asked > 0 or self.received > 0 or self.start < self.end


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What became of posts that we hold: as they read now, or gone (external ids), and the calls it took.

    A post that is in neither could not be judged and stays due.
    """

    posts: tuple[Post, ...] = ()
    gone: tuple[str, ...] = ()
    asked: int = 1


class Volume(msgspec.Struct, frozen=True, kw_only=True):
    """What a backfill would take: posts that are expected, calls, and dollars as text. None: nobody can say."""

    posts: int | None
    calls: int | None
    dollars: str = "0"


@runtime_checkable
class PostSource(Protocol):
    """A provider of posts. Asking raises SourceErrors only (lib/errors); `concurrency` says how many of its streams may
    be read at once.
    """

    name: str
    concurrency: int

    def streams(self) -> Sequence[str]:
        """The streams that are configured, as `feed/which`: `submissions/wallstreetbets`. Never one of feed `bars`."""
        ...

    def pages(self, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page, None]:
        """What is new in `stream` since `cursor` (None: never read), page by page.

        A polled source ends when there is no more now; a streaming one goes on until it is closed, and yields at least
        every few seconds, empty pages too, so that silence is accounted for. What was yielded counts as stored once the
        next page is asked for.
        """
        ...


@runtime_checkable
class Backfills(Protocol):
    """A source that can be asked about the past, too."""

    def reach(self, stream: str) -> timedelta | None:
        """How far back it can be asked; None: as far as there is anything."""
        ...

    def volume(self, stream: str, start: datetime, end: datetime) -> Volume:
        """What asking for [start, end) would take, as far as it can be told without asking."""
        ...

    def past(self, stream: str, start: datetime, end: datetime, cursor: Cursor | None) -> AsyncGenerator[Page, None]:
        """The posts published in [start, end), page by page; `cursor` is that of the last page stored, or None.

        A cursor of the past is kept apart from that of `pages`.
        """
        ...


@runtime_checkable
class Verifies(Protocol):
    """A source that can be asked whether posts are still there."""

    at_once: int

    async def verify(self, external_ids: Sequence[str]) -> Verified:
        """Looks at up to `at_once` posts that we hold."""
        ...
