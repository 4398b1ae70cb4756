"""Reads the posts that mention a symbol, the latest first. Writing posts is lib/db/ingest; deleted posts are never
read.
"""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from lib.db.pool import Pool
from lib.db.reading import read_rows
from lib.domain.sentiment import Label, Method, Term
from lib.errors import UnknownSymbol

_POSTS = """
SELECT s.id AS symbol_id, c.id IS NOT NULL AS scorer_known, p.*
FROM symbols s
LEFT JOIN scorers c ON c.name = $2
LEFT JOIN LATERAL (
    SELECT p.id, p.source, p.external_id, p.author, p.published_at, p.lang, p.title, p.text, p.url,
           v.value AS score, v.label, v.explanation::text AS explanation,
           own.value AS mention_score, own.label AS mention_label, copy.post_id IS NOT NULL AS is_copy,
           (SELECT json_agg(json_build_array(o.symbol, n.method, n.confidence, n.span_start, n.span_end, w.value,
                                             w.label) ORDER BY n.span_start, o.symbol)::text
            FROM mentions n JOIN symbols o ON o.id = n.symbol_id
            LEFT JOIN mention_scores w ON w.post_id = n.post_id AND w.symbol_id = n.symbol_id AND w.scorer_id = c.id
            WHERE n.post_id = p.id) AS mentions
    FROM mentions m
    JOIN posts p ON p.id = m.post_id
    LEFT JOIN scores v ON v.post_id = p.id AND v.scorer_id = c.id
    LEFT JOIN mention_scores own ON own.post_id = m.post_id AND own.symbol_id = m.symbol_id AND own.scorer_id = c.id
    LEFT JOIN LATERAL (
        SELECT k.post_id FROM text_keys k
        WHERE k.key = ANY(m.keys) AND (k.published_at, k.post_id) < (m.published_at, m.post_id)
          AND k.published_at >= m.published_at - INTERVAL '3 days'
        LIMIT 1
    ) copy ON true
    WHERE m.symbol_id = s.id
      AND (m.published_at, m.post_id) < (coalesce($3, 'infinity'::timestamptz), coalesce($4, 9223372036854775807))
      AND p.deleted_at IS NULL AND p.text IS NOT NULL
      AND ($5::text IS NULL OR p.source = $5)
      AND ($6::text IS NULL OR own.label = $6)
      AND ($8::boolean OR copy.post_id IS NULL)
    ORDER BY m.published_at DESC, m.post_id DESC
    LIMIT $7
) p ON true
WHERE s.symbol = $1
ORDER BY p.published_at DESC, p.id DESC
"""


class FoundMention(msgspec.Struct, frozen=True, array_like=True):
    """A mention, as lib.domain.sentiment.Mention, with the scorer's verdict on it; None: it has not read it yet."""

    symbol: str
    method: Method
    confidence: float
    start: int
    end: int
    score: float | None
    label: Label | None


class FoundPost(NamedTuple):
    """A post with its reading. Without `score` and `label` the scorer has not read it yet. `mention_score` and
    `mention_label` are about the symbol asked for; `is_copy`: nearly the same was said in the three days before.
    """

    id: int
    source: str
    external_id: str
    author: str | None
    published_at: datetime
    lang: str | None
    title: str | None
    text: str
    url: str | None
    score: float | None
    label: Label | None
    explanation: list[Term]
    mention_score: float | None
    mention_label: Label | None
    is_copy: bool
    mentions: list[FoundMention]


class PostPage(NamedTuple):
    """Posts, the latest first; `more` says that older ones follow."""

    posts: list[FoundPost]
    more: bool
    scorer_known: bool


async def posts_about(
    pool: Pool,
    symbol: str,
    scorer: str,
    *,
    limit: int = 50,
    before: tuple[datetime, int] | None = None,
    source: str | None = None,
    label: Label | None = None,
    copies: bool = True,
) -> PostPage:
    """At most `limit` posts that mention `symbol`, older than `before`, which is (published_at, id) of the last one
    seen; of those that speak of it with this `label`, and only the first of its `copies`, where so asked.

    Raises UnknownSymbol, DatabaseUnavailable.
    """
    published_at, post_id = before or (None, None)
    rows = await read_rows(pool, _POSTS, symbol, scorer, published_at, post_id, source, label, limit + 1, copies)
    if not rows:
        raise UnknownSymbol(symbol)
    found = [_post(dict(row)) for row in rows[:limit] if row["id"] is not None]
    return PostPage(found, more=len(rows) > limit, scorer_known=rows[0]["scorer_known"])


def _post(row: dict[str, Any]) -> FoundPost:
    del row["symbol_id"], row["scorer_known"]
    for name in ("score", "mention_score"):
        row[name] = None if row[name] is None else float(row[name])
    row["explanation"] = msgspec.json.decode(row["explanation"] or "[]", type=list[Term])
    row["mentions"] = msgspec.json.decode(row["mentions"] or "[]", type=list[FoundMention])
    return FoundPost(**row)
