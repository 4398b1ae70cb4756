"""Gathers events until somebody takes them as a page. It does not know where events come from or where pages go.

The reader of events and the taker of pages are two tasks. A page that is full makes the reader wait, so that memory
stays bounded however long the taker needs to store the page before.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from lib.domain.posts import Post
from lib.sources.bluesky.ends import Ends
from lib.sources.bluesky.events import (
    POSTS,
    Account,
    Commit,
    Event,
    at_uri,
    is_did,
    make_post,
    moment,
    read_words,
)
from lib.sources.posts import Lost, Page

# Accounts whose posts nobody may show any more. Those that are only out of step or slowed down by their host stay, and
# so do those that are inactive without a word why.
_GONE = frozenset({"deleted", "takendown", "suspended", "deactivated"})


class Room(NamedTuple):
    """How much a page holds before it is full: events of any kind, and bytes of them."""

    events: int = 5_000
    size: int = 8_000_000


class Gathering:
    """What was heard since the last page. `reached` is the server's time (microseconds) up to which the stream is
    accounted for; None until the first event.
    """

    def __init__(
        self,
        concerns: Callable[[str, str | None], bool],
        room: Room,
        ends: Ends,
        *,
        reached: int | None,
        began: datetime,
    ) -> None:
        self.reached = reached
        self.ready = asyncio.Event()
        self._concerns = concerns
        self._room = room
        self._ends = ends
        self._taken = asyncio.Event()
        self._began = began
        self._since = reached
        self._clear()

    def _clear(self) -> None:
        self._posts: dict[str, Post] = {}
        self._deleted: dict[str, None] = {}
        self._authors: dict[str, datetime] = {}
        self._dropped: Counter[str] = Counter()
        self._lost: list[Lost] = []
        self._received = self._asked = self._events = self._size = 0

    def add(self, event: Event, size: int) -> None:
        """Takes `event` in, which arrived in `size` bytes."""
        self._events += 1
        self._size += size
        if event.kind == "commit" and event.commit is not None:
            self._commit(event, event.commit)
        elif event.kind == "account":
            self._account(event, event.account)
        elif event.kind != "identity":
            self._dropped["of an unknown kind"] += 1
        self.advance(event.time_us)

    def advance(self, time_us: int) -> None:
        """The stream is accounted for up to `time_us`, unless it was further already."""
        if self.reached is None:
            self._since = self.reached = time_us
        elif time_us > self.reached:
            self.reached = time_us

    def garbage(self, size: int) -> None:
        """A frame that is no event."""
        self._events += 1
        self._size += size
        self._dropped["unreadable"] += 1

    def lose(self, until_us: int, reason: str) -> None:
        """Nobody can tell what there was from `reached` to `until_us`."""
        assert self.reached is not None
        self._lost.append(Lost(start=moment(self.reached), end=moment(until_us), reason=reason))
        self.reached = until_us

    def asked(self) -> None:
        """A connection was opened."""
        self._asked += 1

    async def has_room(self) -> None:
        """Waits until the page is taken, if it is full."""
        while self._events >= self._room.events or self._size >= self._room.size:
            self._taken.clear()
            self.ready.set()
            await self._taken.wait()

    def take(self) -> Page:
        """What there is as a page; the next one begins where it ends. One with nothing in it accounts for no time."""
        start = self._began if self._since is None else moment(self._since)
        end = start if self.reached is None else moment(self.reached)
        page = Page(
            start=start,
            end=end,
            cursor=None if self.reached is None else {"time_us": self.reached},
            posts=tuple(self._posts.values()),
            deleted=tuple(self._deleted),
            deleted_authors=self._authors,
            received=self._received,
            asked=self._asked,
            dropped=dict(self._dropped),
            lost=tuple(self._lost),
            live=False,
        )
        self._since = self.reached
        self._ends.forget(self.reached or 0)
        self._clear()
        self.ready.clear()
        self._taken.set()
        return page

    def _account(self, event: Event, account: Account | None) -> None:
        if account is not None and not account.active and account.status in _GONE and is_did(event.did):
            ended = moment(event.time_us)
            self._authors[event.did] = max(ended, self._authors.get(event.did, ended))
            self._ends.add(event.did, event.time_us)

    def _commit(self, event: Event, commit: Commit) -> None:
        if commit.collection != POSTS:
            self._dropped["not a post"] += 1
            return
        self._received += 1
        uri = at_uri(event, commit)
        if uri is None:
            self._dropped["without a usable address"] += 1
        elif commit.operation == "delete":
            # whoever thinks better of it at once is not stored at all
            self._posts.pop(uri, None)
            self._deleted[uri] = None
            self._ends.add(uri, event.time_us)
        elif self._ends.cover(uri, event.time_us) or self._ends.cover(event.did, event.time_us):
            self._dropped["deleted already"] += 1
        elif commit.operation in ("create", "update"):
            self._said(uri, event, commit)
        else:
            self._dropped["of an unknown kind"] += 1

    def _said(self, uri: str, event: Event, commit: Commit) -> None:
        words = read_words(commit.record)
        if words is None:
            self._dropped["without readable words"] += 1
        elif commit.operation == "create" and not self._concerns(words.text, words.lang):
            self._dropped["off topic"] += 1
        else:
            post = make_post(uri, event, commit, words)
            known = self._posts.get(uri)
            if known is None or not _is_older(post, known):
                self._posts[uri] = post


def _is_older(post: Post, known: Post) -> bool:
    """A version from before `known`, heard again."""
    return known.edited_at is not None and (post.edited_at is None or post.edited_at < known.edited_at)
