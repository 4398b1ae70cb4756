"""Tells, by a few looks, how much of what is stored a scorer has scored. It does not count.

Counting takes seconds with millions of posts; a few hundred looks take milliseconds, and are right within a few
hundredths.
"""

from collections.abc import Sequence

from lib.db.pool import Pool
from lib.db.reading import read_rows

LOOKS = 200

# evenly spaced over the ids; what was deleted, or waits for its first reading, is nobody's to score
_SHARES = """
WITH ends AS (
    SELECT (SELECT min(id) FROM posts) AS first, (SELECT max(id) FROM posts) AS last
), looked_at AS MATERIALIZED (
    SELECT DISTINCT p.id FROM ends
    CROSS JOIN generate_series(0, $2::integer - 1) AS n
    CROSS JOIN LATERAL (
        SELECT id, deleted_at FROM posts
        WHERE id >= ends.first + ((ends.last - ends.first) * (n / greatest($2 - 1, 1)::float8))::bigint
        ORDER BY id LIMIT 1
    ) p
    LEFT JOIN LATERAL (SELECT true AS waits FROM score_queue WHERE post_id = p.id OFFSET 0) q ON true
    WHERE p.deleted_at IS NULL AND q.waits IS NULL
)
SELECT asked.name, (
    SELECT avg(CASE WHEN s.scored THEN 1 ELSE 0 END)::float8 FROM looked_at l
    LEFT JOIN LATERAL (
        SELECT true AS scored FROM scores WHERE post_id = l.id AND scorer_id = c.id OFFSET 0
    ) s ON true
) AS share
FROM unnest($1::text[]) AS asked (name) LEFT JOIN scorers c ON c.name = asked.name
"""


async def scored_shares(pool: Pool, scorers: Sequence[str], *, looks: int = LOOKS) -> dict[str, float | None]:
    """For each of `scorers` about which share (0 to 1) of the posts that were read it has scored; None where there are
    no posts. Below 1, a rescoring would fill what is missing.

    Raises DatabaseUnavailable.
    """
    return {row["name"]: row["share"] for row in await read_rows(pool, _SHARES, list(scorers), looks)}
