"""Writes posts, and forgets them. It does not read texts: whatever is new or said differently waits in score_queue for
that.

A queued post with `deleted_at` means: remove its mentions and scores, and recount its buckets without it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from lib.db.ingest import Written
from lib.db.pool import Connection
from lib.domain.posts import Post, content_hash

_COLUMNS = (
    "source", "external_id", "author", "author_since", "published_at", "edited_at", "lang", "title", "text", "url",
    "reach", "content_hash",
)  # fmt: skip

_STAGE = """
CREATE TEMP TABLE IF NOT EXISTS posts_given (
    source text, external_id text, author text, author_since timestamptz,
    published_at timestamptz, edited_at timestamptz, lang text, title text, text text, url text, reach bigint,
    content_hash bytea
) ON COMMIT DELETE ROWS
"""

_CLEAR = "TRUNCATE posts_given"

# Sorted, so that two writers of the same posts wait for each other instead of deadlocking. The queue's row is rewritten
# rather than left alone: that waits for a scorer that holds it, and so a reading of the old words is followed by one of
# the new.
_STORE = """
WITH stamp AS MATERIALIZED (
    SELECT begin_observation() AS observed_at
), written AS (
    INSERT INTO posts AS p (source, external_id, author, author_since, published_at, observed_at, edited_at,
                            lang, title, text, url, reach, content_hash, verify_after)
    SELECT g.source, g.external_id, g.author, g.author_since, g.published_at, stamp.observed_at, g.edited_at,
           g.lang, g.title, g.text, g.url, g.reach, g.content_hash, clock_timestamp() + $2::interval
    FROM posts_given g CROSS JOIN stamp
    ORDER BY g.source, g.external_id
    ON CONFLICT (source, external_id) DO UPDATE SET
        verify_after = coalesce(EXCLUDED.verify_after, p.verify_after),
        author = coalesce(p.author, EXCLUDED.author),
        author_since = coalesce(p.author_since, EXCLUDED.author_since),
        published_at = EXCLUDED.published_at,
        edited_at = CASE WHEN $1 AND p.content_hash IS DISTINCT FROM EXCLUDED.content_hash
                         THEN coalesce(EXCLUDED.edited_at, EXCLUDED.observed_at)
                         ELSE greatest(p.edited_at, EXCLUDED.edited_at) END,
        lang = coalesce(EXCLUDED.lang, p.lang),
        title = EXCLUDED.title,
        text = EXCLUDED.text,
        url = coalesce(p.url, EXCLUDED.url),
        reach = coalesce(p.reach, EXCLUDED.reach),
        content_hash = EXCLUDED.content_hash
    WHERE p.deleted_at IS NULL
      AND (p.edited_at IS NULL OR EXCLUDED.edited_at >= p.edited_at OR $1 AND EXCLUDED.edited_at IS NULL)
      AND (p.content_hash <> EXCLUDED.content_hash
           OR p.published_at <> EXCLUDED.published_at
           OR p.author IS NULL AND EXCLUDED.author IS NOT NULL)
    RETURNING p.id, (xmax = 0) AS is_new
), queued AS (
    INSERT INTO score_queue (post_id) SELECT id FROM written ORDER BY id
    ON CONFLICT (post_id) DO UPDATE SET queued_at = EXCLUDED.queued_at
)
SELECT count(*) FILTER (WHERE is_new) AS new, count(*) FILTER (WHERE NOT is_new) AS changed FROM written
"""

# the queue first: it waits for a scorer that is reading one of them, whose reading is then seen here and forgotten too
_QUEUE = """
INSERT INTO score_queue (post_id)
SELECT id FROM posts WHERE source = $1 AND external_id = ANY($2::text[]) AND deleted_at IS NULL ORDER BY id
ON CONFLICT (post_id) DO UPDATE SET queued_at = EXCLUDED.queued_at
"""

_FORGET = """
UPDATE posts SET deleted_at = $3, author = NULL, author_since = NULL, title = NULL, text = NULL, url = NULL,
                 reach = NULL, content_hash = NULL
WHERE source = $1 AND external_id = ANY($2::text[]) AND deleted_at IS NULL
RETURNING id
"""

_BEGIN = "SELECT begin_observation()"

_BY_AUTHORS = """
SELECT p.external_id FROM posts p JOIN unnest($2::text[], $3::timestamptz[]) AS gone (author, ended_at) USING (author)
WHERE p.source = $1 AND p.published_at <= gone.ended_at AND p.deleted_at IS NULL
"""

_WORDLESS = "UPDATE scores SET explanation = '[]' WHERE post_id = ANY($1::bigint[])"


async def store_posts(
    conn: Connection, posts: Sequence[Post], *, live: bool = True, verify_within: timedelta | None = None
) -> Written:
    """Adds new posts and takes over what changed of known ones; both then wait in score_queue. One observed_at for all.

    Of two with the same source and external_id the later one counts. An edit counts as made now where the source does
    not say when; a version older than the known edit changes nothing, nor does anything bring back a deleted post.
    `live=False` says that the posts are copies of unknown age: such a copy replaces words, but never those of a known
    edit unless it carries a later one. A known author, address or reach stays; an unknown one is filled in.
    `verify_within` makes new and changed posts due for another look at their source after that time.
    """
    distinct = {(post.source, post.external_id): post for post in posts}
    if not distinct:
        return Written(0, 0, 0)
    await conn.execute(_STAGE)
    await conn.execute(_CLEAR)
    await conn.copy_records_to_table("posts_given", records=map(_record, distinct.values()), columns=_COLUMNS)
    counts = await conn.fetchrow(_STORE, live, verify_within)
    assert counts is not None
    new, changed = counts
    return Written(new, changed, len(posts) - new - changed)


async def forget_posts(conn: Connection, source: str, external_ids: Sequence[str]) -> int:
    """Forgets persons and their words for good: author, title, text, address, and the words quoted in explanations.

    What remains says that there was a post and when it was deleted. Returns how many were forgotten now; unknown and
    already forgotten ones count nothing. Each is queued, so that the next scoring recounts the buckets without it.
    """
    wanted = sorted(set(external_ids))
    await conn.execute(_QUEUE, source, wanted)
    forgotten = [row["id"] for row in await conn.fetch(_FORGET, source, wanted, await conn.fetchval(_BEGIN))]
    await conn.execute(_WORDLESS, forgotten)
    return len(forgotten)


async def forget_authors(conn: Connection, source: str, authors: Mapping[str, datetime]) -> int:
    """The same for everything that `authors` published until their accounts ended: some come back, and to hear of the
    end again forgets nothing that they wrote since. Returns how many posts were forgotten.
    """
    if not authors:
        return 0
    rows = await conn.fetch(_BY_AUTHORS, source, list(authors), list(authors.values()))
    theirs = [row["external_id"] for row in rows]
    return await forget_posts(conn, source, theirs) if theirs else 0


def _record(post: Post) -> tuple[object, ...]:
    return (
        post.source, post.external_id, post.author, post.author_since, post.published_at, post.edited_at,
        post.lang, post.title, post.text, post.url, post.reach, content_hash(post.title, post.text),
    )  # fmt: skip
