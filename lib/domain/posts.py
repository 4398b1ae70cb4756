"""Posts and what makes two of them the same text. It does not know who collected them or what they are about."""

import hashlib
from datetime import datetime

import msgspec


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One text of one source, keyed by (source, external_id). Times are UTC; `reach` counts the author's followers."""

    source: str
    external_id: str
    published_at: datetime
    text: str
    title: str | None = None
    author: str | None = None
    author_since: datetime | None = None
    edited_at: datetime | None = None
    lang: str | None = None
    url: str | None = None
    reach: int | None = None


def content_hash(title: str | None, text: str) -> bytes:
    """16 bytes that change when the words of a post change, and only then."""
    return hashlib.blake2b(f"{title or ''}\x1f{text}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


def full_text(title: str | None, text: str) -> str:
    """What mentions and scores are read from: the title, a line break, the text; spans count its code points from 0."""
    return f"{title}\n{text}" if title else text
