"""Reads a record as a post. It does not write posts, nor judge what they say."""

import html
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from lib.domain.posts import Post
from lib.sources.archive.records import Fields
from lib.sources.archive.rejects import Rejected
from lib.sources.archive.times import BadTime, parse_instant

# with the semicolon only: without it, `&section=2` of an address would become a sign
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_SOURCE = re.compile(r"[a-z0-9][a-z0-9._-]{0,49}")
_GONE = {"[removed]", "[deleted]", "[removed by reddit]", "[deleted by user]"}
_LONGEST_ID = 200
_LONGEST_TEXT = 200_000
_MOST_REACH = 2**63 - 1


def decode_entities(text: str) -> str:
    """`text` with its HTML entities as the characters they stand for, once.

    >>> decode_entities("AT&amp;T &gt; T-Mobile, see ?a=1&section=2")
    'AT&T > T-Mobile, see ?a=1&section=2'
    """
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text) if "&" in text else text


def post_reader(zone: ZoneInfo | None, source: str | None) -> Callable[[Fields], Post]:
    """Reads the fields of one record; raises Rejected with the reason. `source`, if given, is that of all rows."""

    def read(fields: Fields) -> Post:
        row_source, external_id, published_at, text, title, author, author_since, edited_at, lang, url, reach = fields
        written = _words("text", text)
        headline = _words("title", title) or None
        if not written and headline is None:
            raise Rejected("no text and no title, or removed ones")
        return Post(
            source=source or _source(row_source),
            external_id=_external_id(external_id),
            published_at=_moment("published_at", published_at, zone),
            text=written,
            title=headline,
            author=_name("author", author),
            author_since=_moment("author_since", author_since, zone) if author_since else None,
            edited_at=_moment("edited_at", edited_at, zone) if edited_at else None,
            lang=_name("lang", lang),
            url=_name("url", url),
            reach=_reach(reach),
        )

    return read


def _words(name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Rejected(f"{name} is not text")
    words = decode_entities(value).strip()
    if len(words) > _LONGEST_TEXT:
        raise Rejected(f"{name} is longer than {_LONGEST_TEXT:,} characters")
    if "\0" in words:
        raise Rejected(f"{name} holds a NUL character")
    return "" if words.lower() in _GONE else words


def _source(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Rejected("no source; --source names one")
    source = value.strip().lower()
    if not _SOURCE.fullmatch(source):
        raise Rejected(f"the source {value.strip()[:60]!r} is not a word of at most 50 of a-z, 0-9, '.', '_', '-'")
    if source == "sample":
        raise Rejected("the source 'sample' is kept for the sample archive")
    return source


def _external_id(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise Rejected("no external_id")
    if len(value.strip()) > _LONGEST_ID:
        raise Rejected(f"external_id is longer than {_LONGEST_ID} characters")
    return value.strip()


def _moment(name: str, value: object, zone: ZoneInfo | None) -> datetime:
    if value is None or value == "":
        raise Rejected(f"no {name}")
    try:
        return parse_instant(value, zone)
    except BadTime as error:
        raise Rejected(f"{name}: {error}") from None


def _name(field: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise Rejected(f"{field} is not text")
    return None if value.strip().lower() in _GONE else value.strip() or None


def _reach(value: object) -> int | None:
    if value is None or value == "" or isinstance(value, bool):
        return None
    text = str(value).strip().removesuffix(".0") if isinstance(value, str | int | Decimal) else ""
    if not (text.isascii() and text.isdigit()) or int(text) > _MOST_REACH:
        raise Rejected(f"reach {str(value)[:40]!r} is not a number of followers")
    return int(text)
