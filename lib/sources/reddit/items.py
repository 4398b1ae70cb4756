"""One thing of a listing, as Reddit's JSON has it: a post, a post that is gone, or why it is neither. It does not know
listings or calls.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from lib.domain.posts import Post
from lib.sources.reddit.verdicts import SOURCE

_SITE = "https://www.reddit.com"
_FULLNAME = re.compile(r"t[13]_[0-9a-z]{1,13}")

# what stands in the place of words that were taken back
_GONE = frozenset({"[deleted]", "[removed]", "[deletedbyuser]", "[removedbyreddit]", "[removedbymoderator]"})

# Reddit's first post is of 2005
_FIRST_S, _LAST_S = 1_104_537_600, 4_102_444_800


class Item(NamedTuple):
    """What one thing is: its fullname (empty where it has none) and when it was published (UTC), as far as it says so,
    and one of `post`, `is_gone`, or the reason why it was `refused`.
    """

    name: str
    published_at: datetime | None
    post: Post | None = None
    is_gone: bool = False
    refused: str = ""


def is_fullname(text: str) -> bool:
    """True for the id of a submission (t3_…) or a comment (t1_…)."""
    return _FULLNAME.fullmatch(text) is not None


def read_item(thing: object) -> Item:
    """What `thing`, an element of a listing's `children`, is. Never raises.

    Gone is what its author deleted, what moderators or Reddit removed, and what an account that no longer exists wrote.
    """
    data = thing.get("data") if isinstance(thing, Mapping) else None
    if not isinstance(thing, Mapping) or not isinstance(data, Mapping):
        return Item("", None, refused="no thing of Reddit's")
    kind = thing.get("kind")
    if kind not in ("t1", "t3"):
        return Item("", None, refused="of another kind")
    name, published_at = _name(kind, data), _moment(data.get("created_utc"))
    if not name:
        return Item("", published_at, refused="without an id")
    title = _words(data.get("title")) if kind == "t3" else None
    text = _words(data.get("selftext" if kind == "t3" else "body"))
    if _is_gone(data, title, text):
        return Item(name, published_at, is_gone=True)
    if published_at is None:
        return Item(name, None, refused="without a date")
    if title is None and text is None:
        return Item(name, published_at, refused="without words")
    permalink = _words(data.get("permalink"))
    post = Post(
        source=SOURCE,
        external_id=name,
        published_at=published_at,
        title=title,
        text=text or "",
        author=_words(data.get("author")) or None,
        edited_at=_moment(data.get("edited")),
        url=_SITE + permalink if permalink and permalink.startswith("/") else None,
    )
    return Item(name, published_at, post=post)


def _name(kind: str, data: Mapping[str, Any]) -> str:
    name = data.get("name") or f"{kind}_{data.get('id')}"
    return name if isinstance(name, str) and name.startswith(kind) and is_fullname(name) else ""


def _is_gone(data: Mapping[str, Any], title: str | None, text: str | None) -> bool:
    if data.get("removed_by_category") or data.get("author") == "[deleted]":
        return True
    return any(words is not None and _squeezed(words) in _GONE for words in (title, text))


def _squeezed(words: str) -> str:
    # Reddit has written "[ Removed by Reddit ]" in several ways
    return "".join(words[:40].split()).casefold() if words[:1] == "[" else ""


def _moment(seconds: object) -> datetime | None:
    # `edited` is False for what was never edited, and True where nobody noted when
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds):
        return None
    return datetime.fromtimestamp(seconds, UTC) if _FIRST_S <= seconds < _LAST_S else None


def _words(value: object) -> str | None:
    """Text as it can be stored: without NUL, and without halves of characters that UTF-8 cannot hold."""
    if not isinstance(value, str):
        return None
    return value.replace("\0", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
