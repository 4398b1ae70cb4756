"""Reads one batch of waiting posts and stores what was read, all in one transaction. It does not know how often."""

import asyncio
import time
from collections.abc import Mapping, Sequence

import msgspec

from lib.db.pool import Pool
from lib.db.scoring.buckets import recount_buckets
from lib.db.scoring.keys import text_secret
from lib.db.scoring.queue import Claimed, claim
from lib.db.scoring.readings import store_readings
from lib.db.scoring.scorers import scorer_ids
from lib.domain.posts import full_text
from lib.scoring.reader import Reader, Reading
from lib.text.copies import text_keys

# what is invented is no copy of what was said, nor the other way round
_INVENTED = "sample"


class BatchResult(msgspec.Struct, frozen=True):
    """What one batch did: posts read, mentions stored, deleted posts forgotten, buckets changed, seconds taken."""

    posts: int
    mentions: int
    deleted: int
    buckets: int
    seconds: float

    @property
    def taken(self) -> int:
        """How many posts left the queue; 0 means that none waits but those that others hold."""
        return self.posts + self.deleted


async def score_batch(pool: Pool, reader: Reader, *, limit: int, newest: bool = False) -> BatchResult:
    """Takes up to `limit` posts that wait (`newest`: the last stored first), reads them, and stores mentions, scores
    and buckets together.

    Any number may run side by side: a post is taken by one of them, and waits again if its batch fails.
    """
    begun = time.monotonic()
    async with pool.acquire() as conn, conn.transaction():
        posts = await claim(conn, limit, newest=newest)
        if not posts:
            return BatchResult(0, 0, 0, 0, time.monotonic() - begun)
        readings, keys = await asyncio.to_thread(_read, reader, posts, await text_secret(conn))
        ids = await scorer_ids(conn, [scorer.name for scorer in reader.scorers])
        stored = await store_readings(conn, posts, readings, keys, ids)
        buckets = await recount_buckets(conn, stored.touched)
    read = len(readings)
    return BatchResult(read, stored.mentions, len(posts) - read, buckets, time.monotonic() - begun)


def _read(
    reader: Reader, posts: Sequence[Claimed], secret: bytes
) -> tuple[Mapping[int, Reading], Mapping[int, Sequence[int]]]:
    """Readings and keys by post id. A post that mentions no stock is counted nowhere, and needs no key."""
    readings: dict[int, Reading] = {}
    keys: dict[int, Sequence[int]] = {}
    for post in posts:
        if post.is_deleted:
            continue
        at = post.published_at.date()
        reading = reader.read(post.title, post.text, lang=post.lang, at=at, per_mention=True)
        readings[post.id] = reading
        if reading.mentions:
            stocks = [symbol_id for symbol_id, _ in sorted(reading.mentions, key=lambda pair: pair[1].start)]
            author = post.author and f"{post.source}\n{post.author}"
            own = secret + b"invented" if post.source == _INVENTED else secret
            keys[post.id] = text_keys(full_text(post.title, post.text), stocks, author=author, secret=own)
    return readings, keys
