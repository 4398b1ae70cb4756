"""Recounts sentiment buckets from the posts themselves, so that no sum can drift. It does not know why it is asked to.

Two writers of one bucket: the second must count what the first committed. So each takes the locks of its symbols, in
one order for all, and only then begins the statement that counts, whose snapshot is newer than the locks. Revisions are
kept by the table's trigger.
"""

from datetime import datetime

from lib.db.pool import Connection

# striped: their number stays small, however many symbols a batch mentions
_LOCK = """
SELECT pg_advisory_xact_lock(730020, stripe)
FROM (SELECT DISTINCT symbol_id % 128 AS stripe FROM unnest($1::integer[]) AS symbol_id ORDER BY stripe) AS in_order
"""

_OBSERVE = "SELECT begin_observation()"

# OFFSET 0 and what little stands inside it keep every lookup one by its own index, whatever the planner knows: a new
# table has no statistics or wrong ones, and other joins would compare each touched bucket with each post
_RECOUNT = """
WITH touched AS MATERIALIZED (
    SELECT DISTINCT symbol_id, source, date_bin('5 minutes', published_at, '2000-01-01Z') AS start
    FROM unnest($1::integer[], $2::text[], $3::timestamptz[]) AS t (symbol_id, source, published_at)
), counted AS (
    SELECT t.symbol_id, s.scorer_id, t.start, t.source, p.author, s.label, s.value
    FROM touched t
    CROSS JOIN LATERAL (
        SELECT post_id FROM mentions
        WHERE symbol_id = t.symbol_id AND published_at >= t.start AND published_at < t.start + INTERVAL '5 minutes'
        ORDER BY published_at DESC OFFSET 0
    ) m
    CROSS JOIN LATERAL (SELECT source, author, deleted_at FROM posts WHERE id = m.post_id OFFSET 0) p
    CROSS JOIN LATERAL (SELECT scorer_id, label, value FROM scores WHERE post_id = m.post_id OFFSET 0) s
    WHERE p.source = t.source AND p.deleted_at IS NULL
    UNION ALL
    SELECT t.symbol_id, sc.id, t.start, t.source, NULL, NULL, NULL
    FROM touched t
    CROSS JOIN scorers sc
    CROSS JOIN LATERAL (
        SELECT FROM sentiment_buckets
        WHERE symbol_id = t.symbol_id AND scorer_id = sc.id AND start = t.start AND source = t.source
        OFFSET 0
    ) known
), stored AS (
    INSERT INTO sentiment_buckets AS b (symbol_id, scorer_id, start, source, posts, authors, positive, negative,
                                        score_sum, author_hashes, observed_at)
    SELECT symbol_id, scorer_id, start, source, count(label), count(DISTINCT author),
           count(*) FILTER (WHERE label = 'positive'), count(*) FILTER (WHERE label = 'negative'),
           coalesce(sum(value), 0),
           coalesce((array_agg(DISTINCT author_hash(source, author)) FILTER (WHERE author IS NOT NULL))[1:256], '{}'),
           $4::timestamptz
    FROM counted GROUP BY symbol_id, scorer_id, start, source
    ON CONFLICT (symbol_id, scorer_id, start, source) DO UPDATE SET
        posts = EXCLUDED.posts, authors = EXCLUDED.authors, positive = EXCLUDED.positive, negative = EXCLUDED.negative,
        score_sum = EXCLUDED.score_sum, author_hashes = EXCLUDED.author_hashes, observed_at = EXCLUDED.observed_at
    WHERE (b.posts, b.authors, b.positive, b.negative, b.score_sum, b.author_hashes) IS DISTINCT FROM
          (EXCLUDED.posts, EXCLUDED.authors, EXCLUDED.positive, EXCLUDED.negative, EXCLUDED.score_sum,
           EXCLUDED.author_hashes)
    RETURNING 1
)
SELECT count(*) FROM stored
"""


class Touched:
    """Moments (UTC) at which posts of a source about a symbol changed: the buckets around them are to be recounted."""

    def __init__(self) -> None:
        self.symbol_ids: list[int] = []
        self.sources: list[str] = []
        self.moments: list[datetime] = []

    def add(self, symbol_id: int, source: str, moment: datetime) -> None:
        """Adds one; the same bucket may be added many times."""
        self.symbol_ids.append(symbol_id)
        self.sources.append(source)
        self.moments.append(moment)


async def recount_buckets(conn: Connection, touched: Touched) -> int:
    """Brings the buckets of `touched` to what mentions, scores and posts say; returns how many that changed.

    A bucket that lost all its posts stays, with zeros. Call it last in a transaction: it takes locks until the commit.
    """
    if not touched.symbol_ids:
        return 0
    await conn.execute(_LOCK, touched.symbol_ids)
    observed_at = await conn.fetchval(_OBSERVE)
    keys = (touched.symbol_ids, touched.sources, touched.moments)
    changed: int = await conn.fetchval(_RECOUNT, *keys, observed_at)
    return changed
