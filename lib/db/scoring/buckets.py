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

# A post may become a copy, or stop to be one, only by a key that came or went on an earlier post, and only if none that
# was said in between has the same key. Their buckets are looked for under the locks: equal keys mean equal stocks.
_LATER = """
SELECT m.symbol_id, p.source, m.published_at
FROM (
    SELECT DISTINCT next.post_id
    FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[]) AS changed (key, published_at, post_id)
    CROSS JOIN LATERAL (
        SELECT post_id FROM text_keys
        WHERE key = changed.key AND (published_at, post_id) > (changed.published_at, changed.post_id)
          AND published_at <= changed.published_at + INTERVAL '3 days'
        ORDER BY published_at, post_id LIMIT 1
    ) next
) later
CROSS JOIN LATERAL (SELECT symbol_id, published_at FROM mentions WHERE post_id = later.post_id OFFSET 0) m
CROSS JOIN LATERAL (SELECT source FROM posts WHERE id = later.post_id OFFSET 0) p
WHERE m.symbol_id = ANY($4::integer[])
"""

# OFFSET 0 and what little stands inside it keep every lookup one by its own index, whatever the planner knows: a new
# table has no statistics or wrong ones, and other joins would compare each touched bucket with each post
_RECOUNT = """
WITH touched AS MATERIALIZED (
    SELECT DISTINCT symbol_id, source, date_bin('5 minutes', published_at, '2000-01-01Z') AS start
    FROM unnest($1::integer[], $2::text[], $3::timestamptz[]) AS t (symbol_id, source, published_at)
), counted AS (
    SELECT t.symbol_id, s.scorer_id, t.start, t.source, p.author, p.account_age, s.label, s.value,
           NOT c.is_copy AS is_first
    FROM touched t
    CROSS JOIN LATERAL (
        SELECT post_id, published_at, keys FROM mentions
        WHERE symbol_id = t.symbol_id AND published_at >= t.start AND published_at < t.start + INTERVAL '5 minutes'
        ORDER BY published_at DESC OFFSET 0
    ) m
    CROSS JOIN LATERAL (
        SELECT source, author, deleted_at, published_at - author_since AS account_age FROM posts
        WHERE id = m.post_id OFFSET 0
    ) p
    CROSS JOIN LATERAL (
        SELECT coalesce((
            SELECT true FROM text_keys
            WHERE key = ANY(m.keys) AND (published_at, post_id) < (m.published_at, m.post_id)
              AND published_at >= m.published_at - INTERVAL '3 days'
            LIMIT 1
        ), false) AS is_copy
        OFFSET 0
    ) c
    CROSS JOIN LATERAL (
        SELECT scorer_id, label, value FROM mention_scores
        WHERE post_id = m.post_id AND symbol_id = t.symbol_id OFFSET 0
    ) s
    WHERE p.source = t.source AND p.deleted_at IS NULL
    UNION ALL
    SELECT t.symbol_id, sc.id, t.start, t.source, NULL, NULL, NULL, NULL, false
    FROM touched t
    CROSS JOIN scorers sc
    CROSS JOIN LATERAL (
        SELECT FROM sentiment_buckets
        WHERE symbol_id = t.symbol_id AND scorer_id = sc.id AND start = t.start AND source = t.source
        OFFSET 0
    ) known
), by_author AS (
    SELECT symbol_id, scorer_id, start, source, author, author_hash(source, author) AS hash,
           count(label) AS posts, count(*) FILTER (WHERE label = 'positive') AS positive,
           count(*) FILTER (WHERE label = 'negative') AS negative, sum(value) AS score_sum,
           count(label) FILTER (WHERE is_first) AS filtered_posts,
           count(*) FILTER (WHERE is_first AND label = 'positive') AS filtered_positive,
           count(*) FILTER (WHERE is_first AND label = 'negative') AS filtered_negative,
           sum(value) FILTER (WHERE is_first) AS filtered_score_sum,
           count(account_age) AS aged_posts,
           count(*) FILTER (WHERE account_age < INTERVAL '30 days') AS new_account_posts
    FROM counted GROUP BY symbol_id, scorer_id, start, source, author
), stored AS (
    INSERT INTO sentiment_buckets AS b (symbol_id, scorer_id, start, source, posts, authors, positive, negative,
        score_sum, author_hashes, filtered_posts, filtered_positive, filtered_negative, filtered_score_sum,
        filtered_author_hashes, author_posts, most_by_one, aged_posts, new_account_posts, observed_at)
    SELECT symbol_id, scorer_id, start, source, sum(posts), count(author), sum(positive), sum(negative),
           coalesce(sum(score_sum), 0),
           coalesce((array_agg(hash ORDER BY hash) FILTER (WHERE hash IS NOT NULL))[1:256], '{}'),
           sum(filtered_posts), sum(filtered_positive), sum(filtered_negative), coalesce(sum(filtered_score_sum), 0),
           coalesce((array_agg(hash ORDER BY hash)
                     FILTER (WHERE hash IS NOT NULL AND filtered_posts > 0))[1:256], '{}'),
           coalesce((array_agg(posts ORDER BY hash) FILTER (WHERE hash IS NOT NULL))[1:256], '{}'),
           coalesce(max(posts) FILTER (WHERE hash IS NOT NULL), 0), sum(aged_posts), sum(new_account_posts),
           $4::timestamptz
    FROM by_author GROUP BY symbol_id, scorer_id, start, source
    ON CONFLICT (symbol_id, scorer_id, start, source) DO UPDATE SET
        posts = EXCLUDED.posts, authors = EXCLUDED.authors, positive = EXCLUDED.positive, negative = EXCLUDED.negative,
        score_sum = EXCLUDED.score_sum, author_hashes = EXCLUDED.author_hashes,
        filtered_posts = EXCLUDED.filtered_posts, filtered_positive = EXCLUDED.filtered_positive,
        filtered_negative = EXCLUDED.filtered_negative, filtered_score_sum = EXCLUDED.filtered_score_sum,
        filtered_author_hashes = EXCLUDED.filtered_author_hashes, author_posts = EXCLUDED.author_posts,
        most_by_one = EXCLUDED.most_by_one, aged_posts = EXCLUDED.aged_posts,
        new_account_posts = EXCLUDED.new_account_posts, observed_at = EXCLUDED.observed_at
    WHERE (b.posts, b.authors, b.positive, b.negative, b.score_sum, b.author_hashes, b.filtered_posts,
           b.filtered_positive, b.filtered_negative, b.filtered_score_sum, b.filtered_author_hashes, b.author_posts,
           b.most_by_one, b.aged_posts, b.new_account_posts) IS DISTINCT FROM
          (EXCLUDED.posts, EXCLUDED.authors, EXCLUDED.positive, EXCLUDED.negative, EXCLUDED.score_sum,
           EXCLUDED.author_hashes, EXCLUDED.filtered_posts, EXCLUDED.filtered_positive, EXCLUDED.filtered_negative,
           EXCLUDED.filtered_score_sum, EXCLUDED.filtered_author_hashes, EXCLUDED.author_posts, EXCLUDED.most_by_one,
           EXCLUDED.aged_posts, EXCLUDED.new_account_posts)
    RETURNING 1
)
SELECT count(*) FROM stored
"""


# key, published_at, post id
Key = tuple[int, datetime, int]


class Touched:
    """Moments (UTC) at which posts of a source about a symbol changed: the buckets around them are to be recounted.

    `keys`: those that came to a post or left it, as (key, published_at, post id); posts after it may be copies by them.
    """

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.symbol_ids: list[int] = []
        self.sources: list[str] = []
        self.moments: list[datetime] = []

    def add(self, symbol_id: int, source: str, moment: datetime) -> None:
        """Adds one; the same bucket may be added many times."""
        self.symbol_ids.append(symbol_id)
        self.sources.append(source)
        self.moments.append(moment)


async def recount_buckets(conn: Connection, touched: Touched) -> int:
    """Brings the buckets of `touched` to what mentions, scores, keys and posts say; returns how many that changed.

    Buckets whose posts became copies by what was touched, or stopped to be some, are recounted too. A bucket that lost
    all its posts stays, with zeros. Call it last in a transaction: it takes locks until the commit.
    """
    if not touched.symbol_ids:
        return 0
    await conn.execute(_LOCK, touched.symbol_ids)
    if touched.keys:
        changed_keys = map(list, zip(*touched.keys, strict=True))
        for later in await conn.fetch(_LATER, *changed_keys, list(set(touched.symbol_ids))):
            touched.add(*later)
    observed_at = await conn.fetchval(_OBSERVE)
    keys = (touched.symbol_ids, touched.sources, touched.moments)
    changed: int = await conn.fetchval(_RECOUNT, *keys, observed_at)
    return changed
