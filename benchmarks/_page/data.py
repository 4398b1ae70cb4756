"""One stock with ten years of days, a month of minutes and what was said all the while."""

from datetime import UTC, datetime, timedelta

from lib.db.pool import open_pool
from tests.support import seed

SYMBOL = "TENY"
DAYS, MINUTES = 2_520, 8_000
_POSTS = 60

_DAYS = """
INSERT INTO bars
SELECT '1d', s.id, day, price, price * 1.01, price * 0.985, price * (1 + sin(n) / 160), price, 10000 + n % 997,
       'bench', clock_timestamp()
FROM symbols s, LATERAL (
    SELECT day, row_number() OVER (ORDER BY day) AS n,
           (100 + 40 * sin(row_number() OVER (ORDER BY day) / 190.0))::numeric AS price
    FROM generate_series(date_trunc('day', now()) - INTERVAL '11 years', now() - INTERVAL '1 day', INTERVAL '1 day')
        AS day
    WHERE extract(isodow FROM day) < 6 ORDER BY day DESC LIMIT $2
) AS days
WHERE s.symbol = $1
"""

_MINUTES = """
INSERT INTO bars
SELECT '1m', s.id, minute, price, price * 1.001, price * 0.999, price * (1 + sin(n) / 2000), price, 100 + n % 97,
       'bench', clock_timestamp()
FROM symbols s, LATERAL (
    SELECT minute, row_number() OVER (ORDER BY minute) AS n,
           (100 + 4 * sin(row_number() OVER (ORDER BY minute) / 300.0))::numeric AS price
    FROM generate_series(date_trunc('day', now()) - INTERVAL '40 days', now() - INTERVAL '1 day', INTERVAL '1 minute')
        AS minute
    WHERE extract(isodow FROM minute) < 6 AND minute::time >= '14:30' AND minute::time < '21:00'
    ORDER BY minute DESC LIMIT $2
) AS minutes
WHERE s.symbol = $1
"""

# a bucket on each day, for people speak at weekends, too, and every five minutes where there are minutes
_SAID = """
INSERT INTO sentiment_buckets (symbol_id, scorer_id, source, start, posts, authors, positive, negative, score_sum,
    author_hashes, observed_at, filtered_posts, filtered_positive, filtered_negative, filtered_score_sum,
    filtered_author_hashes, author_posts, most_by_one)
SELECT s.id, c.id, 'reddit', start, 3 + n % 5, 3, 2, 1, sin(n / 9.0), ARRAY[1, 2, 3], clock_timestamp(), 2 + n % 5, 1,
       1, sin(n / 9.0) / 2, ARRAY[1, 2], ARRAY[1, 1, 1], 1
FROM symbols s, scorers c, LATERAL (
    SELECT start, row_number() OVER (ORDER BY start) AS n FROM (
        SELECT generate_series(min(start), now() - INTERVAL '41 days', INTERVAL '1 day') + INTERVAL '15 hours' AS start
        FROM bars WHERE interval = '1d' AND symbol_id = s.id
        UNION SELECT date_bin('5 minutes', start, 'epoch') FROM bars WHERE interval = '1m' AND symbol_id = s.id
    ) AS each
) AS said
WHERE s.symbol = $1 AND c.name = 'finance@1'
"""


async def fill(url: str) -> None:
    """Everything that the page of SYMBOL shows."""
    async with open_pool(url, application="insitechart-bench") as pool:
        await seed.add_scorer(pool)
        await seed.add_symbol(pool, SYMBOL, "Ten Years Incorporated", name_ko="십년주식회사")
        await pool.execute(_DAYS, SYMBOL, DAYS)
        await pool.execute(_MINUTES, SYMBOL, MINUTES)
        await pool.execute(_SAID, SYMBOL)
        now = datetime.now(UTC)
        for n in range(_POSTS):
            text = f"${SYMBOL} is great, and this is what I think of it for the {n}th time."
            await seed.add_post(pool, SYMBOL, now - timedelta(minutes=7 * n), text, external_id=str(n))
        await pool.execute("VACUUM ANALYZE")
