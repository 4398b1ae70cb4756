"""Reads one poll of a search, the newest posts first, and accounts for it page by page. It does not know tweepy, or
when a poll is due.

Each page after the first is asked for by ids, from the last post of the page before it on, that post included: a token
that repeats or leaves out a page cannot mislead the reading, and a page that lacks that post has passed something over,
or the post is gone. Then the one before it is taken, and so on. X delivers them again for nothing on the same day; our
accounts count them.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from lib.domain.posts import Post
from lib.errors import Malformed
from lib.sources.patience import Patience, patiently
from lib.sources.posts import Page
from lib.sources.x.answers import SOURCE, Found, Tweet, post
from lib.sources.x.ids import MILLISECOND, first_id, time_of
from lib.sources.x.position import Position

# X finds a post up to half a minute after it was published
LAG = timedelta(seconds=30)


class Search(Protocol):
    """One question: posts with since < id < until, and X's time."""

    def __call__(self, *, since: int, until: int, token: str | None) -> Awaitable[tuple[Found, datetime]]: ...


async def read(search: Search, at: Position, top: int, *, patience: Patience) -> AsyncGenerator[Page, None]:
    """Pages for what is still to be read of the poll under way at `at`; where there is none, for a new one up to the id
    `top`.

    What X may not have found yet when it answered is not accounted for: a new poll then ends earlier.
    """
    begun = at.until is not None
    end = below = at.until or top
    if at.since + 1 >= end:
        return
    upper = time_of(end) + (MILLISECOND if begun else timedelta(0))
    questions = _Questions(search, at.since, patience)
    gathered = _Gathered()
    known: list[int] = []
    while True:
        answer = await questions.next(below, known)
        if not known and not begun:
            end = min(end, first_id(answer.said - LAG))
            upper = time_of(end)
            if end <= at.since + 1:
                return
        gathered.add(answer)
        if not answer.more:
            yield gathered.page(time_of(at.since + 1), upper, at.through(end))
            return
        known = sorted(tweet.id for tweet in answer.fresh)
        below = known[0]
        # others of the same millisecond may follow
        lower = time_of(below) + MILLISECOND
        if lower < upper:
            yield gathered.page(lower, upper, at.further(below, end))
            gathered, upper = _Gathered(), lower


class _Answer(NamedTuple):
    fresh: list[Tweet]
    said: datetime
    more: bool
    asked: int
    received: int
    dropped: Counter[str]


class _Questions:
    def __init__(self, search: Search, since: int, patience: Patience) -> None:
        self._search = search
        self._since = since
        self._patience = patience

    async def next(self, below: int, known: Sequence[int]) -> _Answer:
        """What is next below that id, more than nothing unless there is no more; `known` are the ids of the page
        before, the oldest first.
        """
        asked = missed = received = 0
        dropped: Counter[str] = Counter()
        token: str | None = None

        async def once() -> tuple[Found, datetime]:
            nonlocal asked, missed
            asked += 1
            anchor = known[min(missed, len(known) - 1)] if known and token is None else None
            until = below if anchor is None else anchor + 1
            found, said = await self._search(since=self._since, until=until, token=token)
            ids = {tweet.id for tweet in found.tweets}
            strays = any(not self._since < tweet_id < until for tweet_id in ids)
            if strays and not any(self._since < tweet_id < below for tweet_id in ids):
                raise Malformed(SOURCE, "X answered with posts of another question.")
            if anchor is not None and anchor not in ids:
                missed += 1
                raise Malformed(SOURCE, "X passed over the post with which its answer should begin.")
            return found, said

        while True:
            found, said = await patiently(once, self._patience)
            fresh = [tweet for tweet in found.tweets if self._since < tweet.id < below]
            again = sum(tweet.id in known for tweet in found.tweets)
            received += found.delivered - again
            strays = len(found.tweets) - len(fresh) - again
            dropped.update({"unreadable": found.unreadable, "outside of what was asked": strays})
            if fresh or found.next_token is None:
                return _Answer(fresh, said, found.next_token is not None, asked, received, dropped)
            if found.next_token == token:
                raise Malformed(SOURCE, "X promises more posts, and does not send them.")
            token = found.next_token


class _Gathered:
    def __init__(self) -> None:
        self._posts: dict[int, Post] = {}
        self._asked = self._received = 0
        self._dropped: Counter[str] = Counter()

    def add(self, answer: _Answer) -> None:
        self._posts |= {tweet.id: post(tweet) for tweet in answer.fresh}
        self._asked += answer.asked
        self._received += answer.received
        self._dropped += answer.dropped

    def page(self, start: datetime, end: datetime, at: Position) -> Page:
        return Page(
            start=start,
            end=end,
            cursor=at.cursor(),
            # of two versions of one post the later one counts
            posts=tuple(self._posts[tweet_id] for tweet_id in sorted(self._posts)),
            received=self._received,
            asked=self._asked,
            dropped=dict(self._dropped),
        )
