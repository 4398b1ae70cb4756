"""The posts of a local X: published, edited, deleted, hidden, and as they look on the wire. It does not know HTTP.

Ids are snowflakes that agree with the time of publication to the millisecond. An edit is a post of its own whose
history names the earlier ones; whoever deletes one of them deletes all.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, NamedTuple

from tests.servers.x_query import Match, Text

_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657_000, tzinfo=UTC)
_SHORT = 280


class Tweet(NamedTuple):
    """One version of one post; `history` are the ids of all versions up to this one, the first first."""

    id: int
    text: str
    author: int
    lang: str
    retweet: bool
    history: tuple[int, ...]

    @property
    def at(self) -> datetime:
        """When this version was published."""
        return moment(self.id)


def snowflake(at: datetime) -> int:
    """The lowest id of the millisecond of `at`."""
    return ((at - _EPOCH) // timedelta(milliseconds=1)) << 22


def moment(tweet_id: int) -> datetime:
    """The millisecond in which `tweet_id` was given out."""
    return _EPOCH + timedelta(milliseconds=tweet_id >> 22)


class Timeline:
    """All posts there are. Threads may publish while the server reads."""

    def __init__(self) -> None:
        self.versions: dict[int, Tweet] = {}
        self.deleted: set[int] = set()
        self.hidden: set[int] = set()
        self._latest: dict[int, int] = {}
        self._in_order: list[int] = []

    def publish(self, text: str, at: datetime, *, author: int = 42, lang: str = "en", retweet: bool = False) -> Tweet:
        """A new post."""
        tweet = Tweet(new := self._id(at), text, author, lang, retweet, (new,))
        return self._keep(tweet)

    def edit(self, tweet_id: int, text: str, at: datetime) -> Tweet:
        """Another version of what was published as `tweet_id`."""
        before = self.current(tweet_id)
        new = self._id(at)
        return self._keep(before._replace(id=new, text=text, history=(*before.history, new)))

    def delete(self, tweet_id: int) -> None:
        """Every version of it is gone."""
        self.deleted.add(self.versions[tweet_id].history[0])

    def hide(self, tweet_id: int) -> None:
        """Its author lets nobody see it any more."""
        self.hidden.add(self.versions[tweet_id].history[0])

    def current(self, tweet_id: int) -> Tweet:
        """The newest version of what was published as `tweet_id`."""
        return self.versions[self._latest[self.versions[tweet_id].history[0]]]

    def seen(self, tweet_id: int) -> bool:
        """Whether everybody can see it."""
        tweet = self.versions.get(tweet_id)
        return tweet is not None and tweet.history[0] not in self.deleted | self.hidden

    def exists(self, tweet_id: int) -> bool:
        """Whether it was published and not deleted; its author may hide it."""
        tweet = self.versions.get(tweet_id)
        return tweet is not None and tweet.history[0] not in self.deleted

    def matching(self, match: Match, above: int, below: int) -> Iterator[Tweet]:
        """What anybody can see, in its newest version, with above < id < below; the newest first."""
        found = self._in_order[bisect_right(self._in_order, above) : bisect_left(self._in_order, below)]
        for tweet_id in reversed(found):
            tweet = self.versions[tweet_id]
            if self.seen(tweet_id) and match(Text(tweet.text, tweet.lang, tweet.retweet)):
                yield tweet

    def wire(self, tweet: Tweet, fields: frozenset[str]) -> dict[str, Any]:
        """`tweet` as X sends it: with what was asked for, `&`, `<` and `>` escaped, a long text cut and whole in its
        note, and the ids of all versions there are by now.
        """
        whole = escape(tweet.text, quote=False)
        cut = whole if len(tweet.text) <= _SHORT else escape(tweet.text[: _SHORT - 1], quote=False) + "…"
        history = self.current(tweet.id).history
        sent: dict[str, Any] = {
            "id": str(tweet.id),
            "text": cut,
            "edit_history_tweet_ids": [str(version) for version in history],
        }
        more = {
            "author_id": str(tweet.author),
            "created_at": f"{tweet.at:%Y-%m-%dT%H:%M:%S}.{tweet.at.microsecond // 1000:03}Z",
            "lang": tweet.lang,
        }
        sent |= {name: value for name, value in more.items() if name in fields}
        if cut != whole and "note_tweet" in fields:
            sent["note_tweet"] = {"text": whole}
        return sent

    def _id(self, at: datetime) -> int:
        new = snowflake(at)
        # never two in a row: "below this id" and "from this id on" stay different questions
        while new in self.versions:
            new += 2
        return new

    def _keep(self, tweet: Tweet) -> Tweet:
        self.versions[tweet.id] = tweet
        if len(tweet.history) > 1:
            self._in_order.remove(tweet.history[-2])
        insort(self._in_order, tweet.id)
        self._latest[tweet.history[0]] = tweet.id
        return tweet
