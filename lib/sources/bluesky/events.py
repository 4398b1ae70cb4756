"""Reads the frames of a Jetstream, and makes a post of an event that holds one. Pure; it does not know what is kept.

Nothing is trusted: whoever writes to Bluesky chooses the words, the address and the clock. Only what is needed is
decoded, in two steps, so that a record that cannot be read does not hide the time of its event.
"""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from lib.domain.posts import Post

SOURCE = "bluesky"
POSTS = "app.bsky.feed.post"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# the network opened in 2023; what claims to be older has a clock that says nothing
_FIRST = datetime(2023, 1, 1, tzinfo=UTC)
_FIRST_US = (_FIRST - _EPOCH) // _MICROSECOND
# a server's clock may be wrong, but what is from the day after tomorrow would hold up the cursor until then
_AHEAD_US = 86_400_000_000

# as the AT Protocol writes them; whatever else stands there would be stored and shown as an address
_DID = re.compile(r"did:[a-z]{1,32}:[A-Za-z0-9._:%-]{1,512}", re.ASCII)
_RKEY = re.compile(r"[A-Za-z0-9._:~-]{1,512}", re.ASCII)
_LANG = re.compile(r"[a-z]{2,3}", re.ASCII)


class Commit(msgspec.Struct):
    """Something in a person's repository was created, updated or deleted."""

    operation: str
    collection: str
    rkey: str = ""
    record: msgspec.Raw = msgspec.Raw()


class Account(msgspec.Struct):
    """Whether an account is active, and if not, why."""

    active: bool = True
    status: str | None = None


class Event(msgspec.Struct):
    """One frame; `time_us` is when the server saw it, in microseconds since 1970."""

    did: str
    time_us: int
    kind: str
    commit: Commit | None = None
    account: Account | None = None


class _Record(msgspec.Struct, rename="camel"):
    text: str
    created_at: Any = None
    langs: Any = None


_decode_event = msgspec.json.Decoder(Event).decode
_decode_record = msgspec.json.Decoder(_Record).decode


def read_event(frame: bytes) -> Event | None:
    """The event in `frame`; None where it holds none, or one whose time cannot be."""
    try:
        event = _decode_event(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return event if _FIRST_US <= event.time_us < time.time_ns() // 1000 + _AHEAD_US else None


def at_uri(event: Event, commit: Commit) -> str | None:
    """The address of the post that `commit` is about, or None where there cannot be one."""
    if _DID.fullmatch(event.did) is None or _RKEY.fullmatch(commit.rkey) is None:
        return None
    return f"at://{event.did}/{POSTS}/{commit.rkey}"


def is_did(text: str) -> bool:
    """Can `text` be the name of an account?"""
    return _DID.fullmatch(text) is not None


class Words(msgspec.Struct):
    """What a post says, its language as its author marked it (two or three letters), and when the author's clock says
    it was.
    """

    text: str
    lang: str | None
    created_at: Any


def read_words(record: msgspec.Raw) -> Words | None:
    """What `record` says; None where that cannot be read. Characters that no text can hold (NUL) are taken out."""
    try:
        found = _decode_record(record)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return Words(found.text.replace("\0", ""), _language(found.langs), found.created_at)


def make_post(uri: str, event: Event, commit: Commit, words: Words) -> Post:
    """The post at `uri`. A new version carries the time at which the server saw it, so that an old one that is heard
    again does not undo it.
    """
    seen = moment(event.time_us)
    return Post(
        source=SOURCE,
        external_id=uri,
        author=event.did,
        published_at=_published(words.created_at, seen),
        edited_at=seen if commit.operation == "update" else None,
        lang=words.lang,
        text=words.text,
        url=f"https://bsky.app/profile/{event.did}/post/{commit.rkey}",
    )


def moment(time_us: int) -> datetime:
    """Microseconds since 1970 as a time (UTC)."""
    return _EPOCH + timedelta(microseconds=time_us)


def microseconds(at: datetime) -> int:
    """The reverse."""
    return (at - _EPOCH) // _MICROSECOND


def _language(langs: Any) -> str | None:
    first = langs[0] if isinstance(langs, list) and langs else None
    if not isinstance(first, str):
        return None
    primary = first.partition("-")[0].lower()
    return primary if _LANG.fullmatch(primary) else None


def _published(created_at: Any, seen: datetime) -> datetime:
    if not isinstance(created_at, str):
        return seen
    try:
        said = datetime.fromisoformat(created_at)
        # a time without a zone could be anywhere
        said = seen if said.tzinfo is None else said.astimezone(UTC)
    except (ValueError, OverflowError):
        return seen
    # nobody has seen what is not published: so whatever was seen before an account ended was published before, too
    return said if _FIRST <= said <= seen else seen
