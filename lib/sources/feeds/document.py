"""Turns the bytes of an RSS or Atom feed into items, through feedparser. It does not ask anything, and remembers
nothing.

What is not XML, feedparser reads with a parser that takes half an article for a whole one and that some megabytes of
unclosed tags hold for minutes. So a document must be XML here: what publishers get wrong most often, characters that
XML forbids and `&` where `&amp;` is meant, is put right first. Documents that declare entities of their own are
refused, for those can grow without end.
"""

import codecs
import html
import io
import re
from calendar import timegm
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from xml.parsers import expat

import feedparser
import msgspec

from lib.domain.posts import content_hash
from lib.text.markup import plain_text, tidy

# an item older than the web's first feeds carries no date but the lack of one
_FIRST_FEED = datetime(1995, 1, 1, tzinfo=UTC)

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_UNPARSED = r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)"
_REFERENCE = re.compile(_UNPARSED + r"|&(?!(?:amp|lt|gt|quot|apos);)(#?\w*;)?", re.DOTALL)
_NOT_MARKUP = re.compile(_UNPARSED, re.DOTALL)
_DECLARATION = re.compile(r"<\?xml[^>]*>")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']""")
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", b"<\0?\0": "utf-16-le", b"\0<\0?": "utf-16-be",
}  # fmt: skip
# browsers read the narrow sets as the wide ones that contain them, and publishers write for browsers
_WIDER = {"euc_kr": "cp949", "johab": "johab", "iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030"}


class Unreadable(ValueError):
    """The bytes are no feed; says why, as the end of a sentence."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One item as the feed has it: `ident` tells it from others of the same feed, `at` is None without a usable
    date.
    """

    ident: str
    title: str | None
    text: str
    at: datetime | None = None
    url: str | None = None
    author: str | None = None
    lang: str | None = None


class Document(msgspec.Struct, frozen=True):
    """Items in the order of the document, one each, and for how many minutes it asks not to be fetched again."""

    items: tuple[Item, ...]
    ttl: int


def read_document(body: bytes, content_type: str, address: str) -> Document:
    """The feed in `body`. `address` is what relative links stand for. Raises Unreadable."""
    text = _mended(_decoded(body, content_type))
    if "<!ENTITY" in _NOT_MARKUP.sub("", text):
        raise Unreadable("it declares entities of its own")
    mended = text.encode()
    try:
        expat.ParserCreate("utf-8", " ").Parse(mended, True)
    except expat.ExpatError as error:
        raise Unreadable(f"it is not XML: {error}") from None
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": address}
    found = feedparser.parse(
        io.BytesIO(mended), response_headers=headers, resolve_relative_uris=False, sanitize_html=False
    )
    if not found.get("version"):
        raise Unreadable("it is XML, but neither RSS nor Atom")
    items: dict[str, Item] = {}
    for entry in found.entries:
        item = _item(entry, found.feed, is_atom=found.version.startswith("atom"))
        items.setdefault(item.ident, item)
    return Document(tuple(items.values()), _minutes(found.feed.get("ttl")))


def _decoded(body: bytes, content_type: str) -> str:
    for mark, encoding in _MARKS.items():
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    declared = [match[1] for match in (_CHARSET.search(content_type), _ENCODING.search(body[:200])) if match]
    names = [_known(name.decode("ascii") if isinstance(name, bytes) else name) for name in declared]
    # anything can be read as a set of single bytes, so UTF-8 is tried before those
    single = [name for name in names if name.startswith(("cp125", "iso8859", "koi8", "mac"))]
    for encoding in (*(name for name in names if name and name not in single), "utf-8", *single):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    return body.decode(next(filter(None, names), "utf-8"), "replace")


def _known(name: str) -> str:
    try:
        encoding = codecs.lookup(name).name
        "".encode(encoding)
    except LookupError:
        return ""
    return _WIDER.get(encoding, encoding)


def _mended(text: str) -> str:
    readable = _FORBIDDEN.sub("", text).lstrip()
    declared = _DECLARATION.match(readable)
    return _REFERENCE.sub(_reference, readable[declared.end() :].lstrip() if declared else readable)


def _reference(found: re.Match[str]) -> str:
    whole, name = found[0], found[1]
    if not whole.startswith("&"):
        return whole
    if not name:
        return "&amp;" + whole[1:]
    meant = html.unescape(whole)
    if meant == whole:
        return "&amp;" + whole[1:]
    return html.escape(_FORBIDDEN.sub("", meant), quote=True)


def _item(entry: Any, feed: Any, *, is_atom: bool) -> Item:
    title = _words(entry.get("title_detail"), is_atom=is_atom).replace("\n", " ") or None
    text = _words(entry.get("summary_detail") or next(iter(entry.get("content", ())), None), is_atom=is_atom)
    url = _address(entry.get("link"))
    ident = tidy(str(entry.get("id") or "")) or url or content_hash(title, text).hex()
    author = tidy(str((entry.get("author_detail") or feed.get("author_detail") or {}).get("name") or ""))
    return Item(
        ident=ident,
        title=title,
        text=text,
        at=_moment(dict.get(entry, "published_parsed")) or _moment(dict.get(entry, "updated_parsed")),
        url=url,
        author=None if "@" in author else author[:200] or None,
        lang=_language((entry.get("title_detail") or {}).get("language") or feed.get("language")),
    )


def _words(detail: Any, *, is_atom: bool) -> str:
    if not detail:
        return ""
    value = str(detail.get("value") or "")
    # Atom says which it is; of RSS feedparser guesses, and takes a lone <br> for plain text
    return tidy(value) if is_atom and detail.get("type") == "text/plain" else plain_text(value)


def _moment(parsed: Any) -> datetime | None:
    if parsed is None:
        return None
    try:
        at = datetime.fromtimestamp(timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    return at if at >= _FIRST_FEED else None


def _address(link: Any) -> str | None:
    address = tidy(str(link or ""))
    try:
        usable = urlsplit(address).scheme in ("http", "https") and len(address) <= 2000
    except ValueError:
        return None
    return address if usable else None


def _language(tag: Any) -> str | None:
    primary = str(tag or "").strip().lower().replace("_", "-").split("-")[0]
    return primary if primary.isascii() and primary.isalpha() and len(primary) in (2, 3) else None


def _minutes(ttl: Any) -> int:
    words = str(ttl or "").strip()
    return int(words) if words.isdecimal() and len(words) < 6 else 0
