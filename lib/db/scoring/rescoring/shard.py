"""Scores the posts of one shard by one scorer and stores it, all in one transaction. It does not plan shards.

A post is held as every reader holds it: by its row of the queue, which is put in here and taken out again before the
commit. Others never see that row, but whoever wants to put it in (because the post is edited, deleted or to be read
once more) waits until this is done, and then does so: the newest words always have the last say. Posts that wait in
the queue anyway are left to the scoring that is due.
"""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import asyncpg
import msgspec

from lib.db.pool import Connection
from lib.db.scoring.buckets import Touched, recount_buckets
from lib.db.scoring.rescoring.plan import Rescoring, Shard
from lib.db.scoring.scorers import scorer_ids
from lib.domain.posts import full_text
from lib.domain.sentiment import Score
from lib.errors import DatabaseError
from lib.scoring.mentions import values_of_mentions
from lib.scoring.registry import Scorer, get_scorer
from lib.scoring.verdict import label_of

# shorter than the server's wait before it looks for a deadlock: of two that wait for each other it is this side that
# gives way, never a collector that stores what has just come
_BRIEFLY = "SET LOCAL lock_timeout = '500ms'"
_AS_LONG_AS_ALWAYS = "SET LOCAL lock_timeout TO DEFAULT"

_TAKE = """
INSERT INTO score_queue (post_id)
SELECT p.id FROM posts p
LEFT JOIN LATERAL (
    SELECT scored_at FROM scores WHERE post_id = p.id AND scorer_id = $3 OFFSET 0
) s ON true
LEFT JOIN LATERAL (SELECT true AS waits FROM score_queue WHERE post_id = p.id OFFSET 0) q ON true
WHERE p.id > $1 AND p.id <= $2 AND p.deleted_at IS NULL
  AND p.published_at >= coalesce($4, '-infinity'::timestamptz)
  AND p.published_at < coalesce($5, 'infinity'::timestamptz)
  AND ($6::text[] IS NULL OR p.source = ANY($6))
  AND (s.scored_at IS NULL OR s.scored_at < $7)
  AND q.waits IS NULL
ORDER BY p.id
ON CONFLICT DO NOTHING
RETURNING post_id
"""

# statements of their own: their snapshots begin once the posts are held, so they see every change made before that
_POSTS = """
SELECT p.id, p.source, p.lang, p.title, coalesce(p.text, '') AS text FROM posts p
LEFT JOIN LATERAL (
    SELECT scored_at FROM scores WHERE post_id = p.id AND scorer_id = $2 OFFSET 0
) s ON true
WHERE p.id = ANY($1::bigint[]) AND p.deleted_at IS NULL AND (s.scored_at IS NULL OR s.scored_at < $3)
ORDER BY p.id
"""

_MENTIONS = """
SELECT post_id, symbol_id, published_at, span_start, span_end FROM mentions
WHERE post_id = ANY($1::bigint[]) ORDER BY post_id, symbol_id FOR KEY SHARE
"""

_DROP_SCORES = "DELETE FROM scores WHERE post_id = ANY($1::bigint[]) AND scorer_id = $2"
_DROP_MENTION_SCORES = "DELETE FROM mention_scores WHERE post_id = ANY($1::bigint[]) AND scorer_id = $2"

_RELEASE = "DELETE FROM score_queue WHERE post_id = ANY($1::bigint[])"

_NOW = "SELECT clock_timestamp()"

_SCORE = ("post_id", "scorer_id", "value", "label", "explanation", "scored_at")
_MENTION_SCORE = ("post_id", "symbol_id", "scorer_id", "value", "label")

_TRIES = 20

# others hold one of the posts, or a post or a symbol is being removed: both pass
_PASSING = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError, asyncpg.ForeignKeyViolationError)


class ShardResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a shard: posts scored, values for mentions stored, buckets changed, seconds taken.

    `skipped` posts were to be scored when the shard was planned, and no longer when it was scored: somebody else has
    scored or deleted them, or they wait in the queue.
    """

    posts: int
    mentions: int
    buckets: int
    skipped: int
    seconds: float


class _Place(msgspec.Struct, frozen=True):
    """A mention as it is read from the database; code points [start, end) of the post's whole text."""

    symbol_id: int
    published_at: datetime
    start: int
    end: int


class _Held(msgspec.Struct, frozen=True):
    """A post as it is read from the database."""

    id: int
    source: str
    lang: str | None
    title: str | None
    text: str


async def rescore_shard(conn: Connection, work: Rescoring, shard: Shard) -> ShardResult:
    """Scores what is to be scored in `shard` and stores it, with the buckets that this changes.

    Done twice, it does nothing the second time. Any number of shards may be under way, beside readers, edits and
    deletions. Raises UnknownScorer, and DatabaseError where posts of the shard stay in use by others.
    """
    begun = time.monotonic()
    scorer = get_scorer(work.scorer)
    (scorer_id,) = await scorer_ids(conn, [scorer.name])
    for _ in range(_TRIES):
        try:
            async with conn.transaction():
                posts, mentions, buckets = await _rescore(conn, work, shard, scorer, scorer_id)
        except _PASSING as error:
            passing = error
            await asyncio.sleep(random.uniform(0.05, 0.5))  # noqa: S311 - only so that two do not meet again
        else:
            seconds = time.monotonic() - begun
            return ShardResult(
                posts=posts, mentions=mentions, buckets=buckets, skipped=max(shard.posts - posts, 0), seconds=seconds
            )
    raise DatabaseError(
        f"Posts {shard.after + 1} to {shard.until} stay in use by others: {passing}.", hint="Try again shortly."
    )


async def _rescore(
    conn: Connection, work: Rescoring, shard: Shard, scorer: Scorer, scorer_id: int
) -> tuple[int, int, int]:
    await conn.execute(_BRIEFLY)
    taken = await conn.fetch(_TAKE, shard.after, shard.until, scorer_id, *work.conditions)
    if not taken:
        return 0, 0, 0
    await conn.execute(_AS_LONG_AS_ALWAYS)
    ids = [row["post_id"] for row in taken]
    posts = [_Held(*row) for row in await conn.fetch(_POSTS, ids, scorer_id, work.scored_before)]
    places: dict[int, list[_Place]] = defaultdict(list)
    for post_id, *place in await conn.fetch(_MENTIONS, [post.id for post in posts]):
        places[post_id].append(_Place(*place))
    scores, values = await asyncio.to_thread(_score, scorer, posts, places)
    await _store(conn, scorer_id, scores, values)
    touched = Touched()
    for post in posts:
        for found in places.get(post.id, ()):
            touched.add(found.symbol_id, post.source, found.published_at)
    await conn.execute(_RELEASE, ids)
    buckets = await recount_buckets(conn, touched)
    return len(posts), len(values), buckets


async def _store(
    conn: Connection, scorer_id: int, scores: Mapping[int, Score], values: Sequence[tuple[int, int, float]]
) -> None:
    ids = list(scores)
    await conn.execute(_DROP_MENTION_SCORES, ids, scorer_id)
    await conn.execute(_DROP_SCORES, ids, scorer_id)
    rows = _score_rows(scorer_id, scores, await conn.fetchval(_NOW))
    await conn.copy_records_to_table("scores", records=rows, columns=_SCORE)
    of_mentions = (
        (post_id, symbol_id, scorer_id, Decimal(str(value)), label_of(value)) for post_id, symbol_id, value in values
    )
    await conn.copy_records_to_table("mention_scores", records=of_mentions, columns=_MENTION_SCORE)


def _score_rows(scorer_id: int, scores: Mapping[int, Score], scored_at: datetime) -> Iterable[tuple[object, ...]]:
    for post_id, score in scores.items():
        explanation = msgspec.json.encode(score.explanation).decode()
        yield post_id, scorer_id, Decimal(str(score.value)), score.label, explanation, scored_at


def _score(
    scorer: Scorer, posts: Sequence[_Held], places: Mapping[int, Sequence[_Place]]
) -> tuple[dict[int, Score], list[tuple[int, int, float]]]:
    """The score of each post, and (post, symbol, value) for each of their mentions."""
    scores: dict[int, Score] = {}
    values: list[tuple[int, int, float]] = []
    for post in posts:
        whole = full_text(post.title, post.text)
        score = scores[post.id] = scorer.score(whole, lang=post.lang)
        found = places.get(post.id)
        if not found:
            continue
        spans = [(place.start, place.end) for place in found]
        of_mentions = values_of_mentions(scorer, whole, spans, lang=post.lang, whole=score.value)
        values += [(post.id, place.symbol_id, value) for place, value in zip(found, of_mentions, strict=True)]
    return scores, values
