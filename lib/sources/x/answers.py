"""Reads the bodies of X's answers, and makes posts of what is in them. It does not ask.

A body is read item by item: one that cannot be used is counted, and does not cost the others.
"""

import html
import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec

from lib.domain.posts import Post
from lib.errors import Malformed
from lib.sources.x.ids import post_id, time_of

SOURCE = "x"

# what is asked for of each post; the expansion of its author would be charged as the read of a user
FIELDS = ("author_id", "edit_history_tweet_ids", "lang", "note_tweet")

# protected and suspended accounts count, too: what nobody may read any more is gone
_GONE = ("resource-not-found", "not-authorized-for-resource")

# X's words for "no language": only tags, only links, too short
_NO_LANGUAGE = re.compile(r"q[a-z]{2}|und|zxx|art|mis|mul")
_SURROGATES = re.compile("[\ud800-\udfff]")


class Tweet(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a post: `history` are the ids of all versions that X knows of, in order of time."""

    id: int
    text: str
    history: tuple[int, ...]
    author: str | None = None
    lang: str | None = None

    @property
    def newest(self) -> bool:
        """Whether X knows of no later version."""
        return self.id == self.history[-1]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer holds: posts, how many were sent at all, what X says is gone, and whether more follows."""

    tweets: tuple[Tweet, ...]
    delivered: int
    gone: tuple[str, ...] = ()
    next_token: str | None = None

    @property
    def unreadable(self) -> int:
        """How many of those sent could not be used."""
        return self.delivered - len(self.tweets)


class Hour(msgspec.Struct, frozen=True):
    """How many posts there were in [start, end)."""

    start: datetime
    end: datetime
    tweet_count: Annotated[int, msgspec.Meta(ge=0)]


class _Note(msgspec.Struct):
    text: str


class _Sent(msgspec.Struct):
    id: str
    text: str
    author_id: str | None = None
    lang: str | None = None
    edit_history_tweet_ids: list[str] = []
    note_tweet: _Note | None = None


class _Problem(msgspec.Struct):
    type: str = ""
    resource_id: str = ""
    value: str = ""


class _Meta(msgspec.Struct):
    result_count: int
    next_token: str | None = None


def read_search(body: bytes) -> Found:
    """The answer to a search. Raises Malformed where it is none, or holds fewer posts than it says."""
    answer = _object(body)
    meta = _part(answer, "meta", _Meta)
    found = _found(answer, meta.next_token)
    if meta.result_count > found.delivered:
        raise Malformed(SOURCE, f"X announces {meta.result_count} posts and sends {found.delivered}.")
    return found


def read_lookup(body: bytes) -> Found:
    """The answer to a question about ids. Raises Malformed where it is none."""
    answer = _object(body)
    if "data" not in answer and "errors" not in answer:
        raise Malformed(SOURCE, "X's answer about posts by id says nothing of them.")
    return _found(answer, None)


def read_counts(body: bytes) -> list[Hour]:
    """The answer to a question about counts. Raises Malformed where it is none."""
    hours: list[Hour] = _part(_object(body), "data", list[Hour])
    return hours


def post(tweet: Tweet, of: int | None = None) -> Post:
    """`tweet` as the post that was first published as `of` (None: as its first version).

    An edit is a new id at X; here it is the same post with other words. A version that is known not to be the last one
    counts as an edit at its own time, so that it never replaces a later one.
    """
    first = tweet.history[0] if of is None else of
    edited = len(tweet.history) > 1 or tweet.id != first
    return Post(
        source=SOURCE,
        external_id=str(first),
        published_at=time_of(first),
        edited_at=time_of(tweet.id) if edited else None,
        text=tweet.text,
        author=tweet.author,
        lang=tweet.lang,
        url=f"https://x.com/i/web/status/{first}",
    )


def _object(body: bytes) -> dict[str, Any]:
    # msgspec would refuse the whole page for half an emoji in one post
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed(SOURCE, f"X's answer is not JSON: {str(error)[:100]}") from None
    if not isinstance(answer, dict):
        raise Malformed(SOURCE, "X's answer is not what was asked for.")
    return answer


def _part(answer: dict[str, Any], name: str, kind: Any) -> Any:
    try:
        return msgspec.convert(answer[name], kind)
    except (KeyError, msgspec.ValidationError) as error:
        raise Malformed(SOURCE, f"X's answer has no usable {name}: {str(error)[:100]}") from None


def _found(answer: dict[str, Any], next_token: str | None) -> Found:
    sent = answer.get("data", [])
    if not isinstance(sent, list):
        raise Malformed(SOURCE, "X's answer holds no list of posts.")
    tweets = [tweet for tweet in map(_tweet, sent) if tweet is not None]
    return Found(
        tweets=tuple(tweets), delivered=len(sent), gone=tuple(_gone(answer.get("errors"))), next_token=next_token
    )


def _tweet(item: Any) -> Tweet | None:
    try:
        sent = msgspec.convert(item, _Sent)
        own = post_id(sent.id)
        history = sorted({own, *map(post_id, sent.edit_history_tweet_ids)})
    except (msgspec.ValidationError, ValueError):
        return None
    return Tweet(
        id=own,
        text=_words(sent.note_tweet.text if sent.note_tweet else sent.text),
        history=tuple(history),
        author=sent.author_id,
        lang=None if sent.lang is None or _NO_LANGUAGE.fullmatch(sent.lang) else sent.lang,
    )


def _words(text: str) -> str:
    # X escapes the three signs of HTML; PostgreSQL keeps neither NUL nor half an emoji
    return _SURROGATES.sub("\ufffd", html.unescape(text)).replace("\0", "")


def _gone(errors: Any) -> Sequence[str]:
    try:
        problems = msgspec.convert(errors or [], list[_Problem])
    except msgspec.ValidationError:
        return ()
    return [problem.resource_id or problem.value for problem in problems if problem.type.rpartition("/")[2] in _GONE]
