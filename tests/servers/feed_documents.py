"""What a publisher lists, and the document that says so: RSS 2.0, RSS 1.0 and Atom, written from scratch.

It does not know HTTP, nor who reads it.
"""

from datetime import datetime
from email.utils import format_datetime
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

import msgspec

Kind = Literal["rss", "rdf", "atom"]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One article. `text` is HTML; `date` says something else than `at` would, and `cdata` how HTML is wrapped."""

    title: str | None = None
    text: str | None = None
    guid: str | None = None
    link: str | None = None
    at: datetime | None = None
    date: str | None = None
    author: str | None = None
    cdata: bool = False


class Feed(msgspec.Struct, kw_only=True):
    """What one address lists, newest first as a rule. Change it, and the next answer differs.

    `capacity` is how many items it lists at most; `raw` is served as it is instead. `moved` is a status and where to.
    """

    kind: Kind = "rss"
    items: list[Item] = []
    capacity: int = 1000
    title: str = "Example News"
    language: str | None = None
    author: str | None = None
    ttl: int | None = None
    encoding: str = "utf-8"
    content_type: str = ""
    max_age: int | None = None
    validators: bool = True
    gzip: bool = False
    prolog: str = ""
    raw: bytes | None = None
    moved: tuple[int, str] | None = None

    def publish(self, *items: Item) -> None:
        """Each becomes the first of the list; what does not fit drops off its end."""
        for item in items:
            self.items.insert(0, item)
        del self.items[self.capacity :]


def document(feed: Feed) -> bytes:
    """The body of the answer."""
    if feed.raw is not None:
        return feed.raw
    write = {"rss": _rss, "rdf": _rdf, "atom": _atom}[feed.kind]
    return f'<?xml version="1.0" encoding="{feed.encoding}"?>\n{feed.prolog}{write(feed)}'.encode(feed.encoding)


def _rss(feed: Feed) -> str:
    head = _tag("title", feed.title) + _tag("link", "https://example.com/") + _tag("language", feed.language)
    head += _tag("ttl", None if feed.ttl is None else str(feed.ttl))
    items = "".join(
        "<item>"
        + _tag("title", item.title)
        + _tag("link", item.link)
        + _tag("guid", item.guid, ' isPermaLink="false"')
        + _tag("pubDate", _date(item, "rss"))
        + _tag("dc:creator", item.author or feed.author)
        + _html("description", item)
        + "</item>"
        for item in feed.items
    )
    return (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel>{head}{items}</channel></rss>"
    )  # fmt: skip


def _rdf(feed: Feed) -> str:
    about = [item.guid or item.link or "" for item in feed.items]
    listed = "".join(f"<rdf:li rdf:resource={quoteattr(each)}/>" for each in about)
    items = "".join(
        f"<item rdf:about={quoteattr(each)}>"
        + _tag("title", item.title)
        + _tag("link", item.link)
        + _html("description", item)
        + _tag("dc:date", _date(item, "rdf"))
        + _tag("dc:creator", item.author or feed.author)
        + "</item>"
        for each, item in zip(about, feed.items, strict=True)
    )
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://example.com/">'
        f"{_tag('title', feed.title)}{_tag('dc:language', feed.language)}<items><rdf:Seq>{listed}</rdf:Seq></items>"
        f"</channel>{items}</rdf:RDF>"
    )


def _atom(feed: Feed) -> str:
    language = "" if feed.language is None else f" xml:lang={quoteattr(feed.language)}"
    entries = "".join(
        "<entry>"
        + _tag("id", item.guid)
        + _tag("title", item.title)
        + ("" if item.link is None else f"<link href={quoteattr(item.link)}/>")
        + _tag("updated", _date(item, "atom"))
        + ("" if item.author is None else f"<author>{_tag('name', item.author)}</author>")
        + _html("summary", item, ' type="html"')
        + "</entry>"
        for item in feed.items
    )
    author = "" if feed.author is None else f"<author>{_tag('name', feed.author)}</author>"
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom"{language}>{_tag("id", "https://example.com/")}'
        f"{_tag('title', feed.title)}{author}{entries}</feed>"
    )


def _date(item: Item, kind: Kind) -> str | None:
    if item.date is not None or item.at is None:
        return item.date
    return format_datetime(item.at) if kind == "rss" else item.at.isoformat()


def _tag(name: str, value: str | None, attributes: str = "") -> str:
    return "" if value is None else f"<{name}{attributes}>{escape(value)}</{name}>"


def _html(name: str, item: Item, attributes: str = "") -> str:
    if item.text is None or not item.cdata:
        return _tag(name, item.text, attributes)
    return f"<{name}{attributes}><![CDATA[{item.text}]]></{name}>"
