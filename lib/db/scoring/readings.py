"""Stores what was read from posts in place of what was read from them before. It does not count buckets.

The keys of the buckets that a reading leaves and enters are returned; recounting them is the caller's next step.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from lib.db.pool import Connection
from lib.db.scoring.buckets import Key, Touched
from lib.db.scoring.keys import store_keys
from lib.db.scoring.queue import Claimed
from lib.scoring.reader import Reading
from lib.scoring.verdict import label_of

# their keys and the scores of each go with them
_DROP_MENTIONS = """
DELETE FROM mentions WHERE post_id = ANY($1::bigint[]) RETURNING post_id, symbol_id, published_at, keys
"""

_DROP_SCORES = "DELETE FROM scores WHERE post_id = ANY($1::bigint[])"

# locked against deletion until the commit: what was dropped since the reader was built is left out, and breaks nothing
_LIVE_SYMBOLS = "SELECT id FROM symbols WHERE id = ANY($1::integer[]) ORDER BY id FOR KEY SHARE"

_NOW = "SELECT clock_timestamp()"

_MENTION_SCORE = ("post_id", "symbol_id", "scorer_id", "value", "label")
_MENTION = ("post_id", "symbol_id", "published_at", "method", "confidence", "span_start", "span_end", "keys")
_SCORE = ("post_id", "scorer_id", "value", "label", "explanation", "scored_at")

_NOTHING_EXPLAINED = "[]"


class Stored(msgspec.Struct, frozen=True):
    """How many mentions there are now, and the buckets that a mention left or entered."""

    mentions: int
    touched: Touched


async def store_readings(
    conn: Connection,
    posts: Sequence[Claimed],
    readings: Mapping[int, Reading],
    keys: Mapping[int, Sequence[int]],
    scorer_ids: Sequence[int],
) -> Stored:
    """Replaces mentions and scores of `posts` by `readings` (by post id); a post without a reading keeps none.

    `readings` say how each mention is spoken of; `scorer_ids` go with the scores of each. `keys`, by post id, are those
    by which copies are found. The caller holds the posts, and commits all of it or nothing.
    """
    ids = [post.id for post in posts]
    sources = {post.id: post.source for post in posts}
    touched = Touched()
    dropped: set[Key] = set()
    for post_id, symbol_id, moment, its_keys in await conn.fetch(_DROP_MENTIONS, ids):
        touched.add(symbol_id, sources[post_id], moment)
        dropped.update((key, moment, post_id) for key in its_keys)
    await conn.execute(_DROP_SCORES, ids)
    named = list({symbol_id for reading in readings.values() for symbol_id, _ in reading.mentions})
    live = {row["id"] for row in await conn.fetch(_LIVE_SYMBOLS, named)}
    mentions: list[tuple[object, ...]] = []
    mentioning: list[Claimed] = []
    for post in posts:
        if post.id not in readings:
            continue
        for symbol_id, found in readings[post.id].mentions:
            if symbol_id in live:
                touched.add(symbol_id, post.source, post.published_at)
                evidence = (found.method, found.confidence, found.start, found.end)
                mentions.append((post.id, symbol_id, post.published_at, *evidence, keys.get(post.id, ())))
                mentioning.append(post)
    await conn.copy_records_to_table("mentions", records=mentions, columns=_MENTION)
    scores = _scores(readings, scorer_ids, await conn.fetchval(_NOW))
    await conn.copy_records_to_table("scores", records=scores, columns=_SCORE)
    of_mentions = _of_mentions(readings, scorer_ids, live)
    await conn.copy_records_to_table("mention_scores", records=of_mentions, columns=_MENTION_SCORE)
    await store_keys(conn, mentioning, keys, touched, dropped)
    return Stored(len(mentions), touched)


def _scores(
    readings: Mapping[int, Reading], scorer_ids: Sequence[int], scored_at: datetime
) -> Iterable[tuple[object, ...]]:
    for post_id, reading in readings.items():
        for scorer_id, score in zip(scorer_ids, reading.scores, strict=True):
            explanation = msgspec.json.encode(score.explanation).decode() if score.explanation else _NOTHING_EXPLAINED
            yield post_id, scorer_id, Decimal(str(score.value)), score.label, explanation, scored_at


def _of_mentions(
    readings: Mapping[int, Reading], scorer_ids: Sequence[int], live: Container[int]
) -> Iterable[tuple[object, ...]]:
    for post_id, reading in readings.items():
        for scorer_id, values in zip(scorer_ids, reading.of_mentions, strict=True):
            for (symbol_id, _), value in zip(reading.mentions, values, strict=True):
                if symbol_id in live:
                    yield post_id, symbol_id, scorer_id, Decimal(str(value)), label_of(value)
