"""Turns articles as Yahoo lists them into posts. It does not ask anything.

Yahoo has two shapes for an article: that of its news lists, with everything below `content`, and a flat one, as its
search has it, without a summary. Both are read.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from lib.domain.posts import Post
from lib.sources.yahoo.verdicts import SOURCE
from lib.text.markup import plain_text, tidy


class _Named(msgspec.Struct, rename="camel"):
    display_name: str | None = None


class _Link(msgspec.Struct):
    url: str | None = None
    lang: str | None = None


class _Content(msgspec.Struct, rename="camel"):
    id: str | None = None
    title: str | None = None
    summary: str | None = None
    description: str | None = None
    pub_date: datetime | None = None
    provider: _Named | None = None
    canonical_url: _Link | None = None
    click_through_url: _Link | None = None


class _Listed(msgspec.Struct):
    id: str | None = None
    content: _Content | None = None


class _Flat(msgspec.Struct, rename="camel"):
    uuid: str
    title: str | None = None
    publisher: str | None = None
    link: str | None = None
    provider_publish_time: int | None = None


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """One article; `ident` is Yahoo's uuid of it, `at` in UTC, `text` its summary."""

    ident: str
    at: datetime
    title: str | None
    text: str = ""
    publisher: str | None = None
    url: str | None = None
    lang: str | None = None


def read_articles(found: Iterable[Any]) -> tuple[list[Article], dict[str, int]]:
    """Each article of `found` once, and how many are not usable by reason."""
    articles: dict[str, Article] = {}
    dropped: Counter[str] = Counter()
    for given in found:
        try:
            article = _flat(given) if isinstance(given, dict) and "uuid" in given else _nested(given)
        except (msgspec.ValidationError, OverflowError, ValueError):
            dropped["unreadable"] += 1
            continue
        if isinstance(article, str):
            dropped[article] += 1
        else:
            articles.setdefault(article.ident, article)
    return list(articles.values()), dict(dropped)


def as_post(article: Article, published_at: datetime) -> Post:
    """The publisher stands in for an author: Yahoo names no persons."""
    return Post(
        source=SOURCE,
        external_id=article.ident,
        author=article.publisher,
        published_at=published_at,
        lang=article.lang,
        title=article.title,
        text=article.text,
        url=article.url,
    )


def _nested(given: Any) -> Article | str:
    listed = msgspec.convert(given, _Listed)
    content = listed.content or _Content()
    link = content.canonical_url or content.click_through_url or _Link()
    return _article(
        ident=content.id or listed.id,
        at=content.pub_date,
        title=content.title,
        text=tidy(content.summary or "") or plain_text(content.description or ""),
        publisher=content.provider.display_name if content.provider else None,
        url=link.url,
        lang=link.lang,
    )


def _flat(given: Any) -> Article | str:
    flat = msgspec.convert(given, _Flat)
    seconds = flat.provider_publish_time
    return _article(
        ident=flat.uuid,
        at=None if seconds is None else datetime.fromtimestamp(seconds, UTC),
        title=flat.title,
        publisher=flat.publisher,
        url=flat.link,
    )


def _article(
    *,
    ident: str | None,
    at: datetime | None,
    title: str | None,
    text: str = "",
    publisher: str | None = None,
    url: str | None = None,
    lang: str | None = None,
) -> Article | str:
    """The article, or why it is not usable."""
    title = tidy(title or "").replace("\n", " ") or None
    if not ident or len(ident) > 500:
        return "without identity"
    if title is None and not text:
        return "without words"
    # a time that each look would have to make up differently is none
    if at is None or at.tzinfo is None:
        return "without a date"
    return Article(
        ident=tidy(ident),
        at=at.astimezone(UTC),
        title=title,
        text=text,
        publisher=tidy(publisher or "")[:200] or None,
        url=url if url and url.startswith(("https://", "http://")) and len(url) <= 2000 else None,
        lang=_primary(lang),
    )


def _primary(tag: str | None) -> str | None:
    primary = (tag or "").split("-")[0].lower()
    return primary if primary.isascii() and primary.isalpha() and len(primary) in (2, 3) else None
