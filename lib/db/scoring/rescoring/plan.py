"""Cuts what is to be scored once more into shards, one after the other. It does not score, and keeps no list.

A shard is a range of post ids, and what lies in it is decided when it is scored: a plan may be as old as it likes, and
planning again after an interruption yields the rest.
"""

from datetime import datetime

import msgspec

from lib.db.pool import Connection
from lib.db.scoring.scorers import scorer_ids

# OFFSET 0 keeps each lookup one by the index, whatever the planner knows: it could read all scores for every shard
_DUE = """
SELECT count(*) AS posts, max(id) AS until FROM (
    SELECT p.id FROM posts p
    LEFT JOIN LATERAL (
        SELECT scored_at FROM scores WHERE post_id = p.id AND scorer_id = $3 OFFSET 0
    ) s ON true
    WHERE p.id > $1 AND p.id <= $2 AND p.deleted_at IS NULL
      AND p.published_at >= coalesce($4, '-infinity'::timestamptz)
      AND p.published_at < coalesce($5, 'infinity'::timestamptz)
      AND ($6::text[] IS NULL OR p.source = ANY($6))
      AND (s.scored_at IS NULL OR s.scored_at < $7)
    ORDER BY p.id LIMIT $8
) due
"""

_NEWEST = "SELECT coalesce(max(id), 0), clock_timestamp() FROM posts"


class Rescoring(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted: a score by `scorer` for each post published in [start, end) (UTC; None leaves a side open) by one
    of `sources` (None: any) that has none by it, or one from before `scored_before`.
    """

    scorer: str
    start: datetime | None = None
    end: datetime | None = None
    sources: tuple[str, ...] | None = None
    scored_before: datetime | None = None

    @property
    def conditions(self) -> tuple[datetime | None, datetime | None, list[str] | None, datetime | None]:
        """The arguments of the statements, in their order."""
        return self.start, self.end, None if self.sources is None else list(self.sources), self.scored_before


class Survey(msgspec.Struct, frozen=True):
    """What is to be done, of how many posts, and the newest post there was; what comes later is scored as it comes."""

    work: Rescoring
    posts: int
    newest_id: int


class Shard(msgspec.Struct, frozen=True):
    """The posts with ids in (after, until], of which `posts` were to be scored when the shard was planned."""

    number: int
    after: int
    until: int
    posts: int


async def survey(conn: Connection, work: Rescoring, *, again: bool = False) -> Survey:
    """Counts what is to be done, `again` of all that has a score by now; the scorer is made known to the database."""
    newest, now = await conn.fetchrow(_NEWEST) or (0, None)
    if again:
        work = msgspec.structs.replace(work, scored_before=now)
    posts, _ = await _due(conn, work, 0, newest, None)
    return Survey(work, posts, newest)


async def next_shard(
    conn: Connection, work: Rescoring, *, number: int, after: int, newest_id: int, size: int
) -> Shard | None:
    """The shard behind the post `after`, with up to `size` posts to score; None where there is nothing left."""
    posts, until = await _due(conn, work, after, newest_id, size)
    return Shard(number, after, until, posts) if posts else None


async def _due(conn: Connection, work: Rescoring, after: int, until: int, size: int | None) -> tuple[int, int]:
    (scorer_id,) = await scorer_ids(conn, [work.scorer])
    row = await conn.fetchrow(_DUE, after, until, scorer_id, *work.conditions, size)
    assert row is not None
    return row["posts"], row["until"] or 0
