"""Alerts: how many of 10,000 are looked at per second, beside asking the database once for each.

200 people have 50 alerts each, on 500 symbols with 40 days of posts and bars. One look in which nothing changes sides,
and one in which all that have a value fire; the baseline reads the window of one alert after the other.
"""

from datetime import UTC, datetime, timedelta
from time import perf_counter

from benchmarks.support import empty_database
from lib.alerts.evaluate import evaluate
from lib.db.pool import Pool, open_pool
from lib.db.sentiment import sentiment_window

Row = tuple[str, float, float, str]

SCORER = "finance@1"
_ASKED_ALONE = 200

_SEED = (
    "INSERT INTO scorers (name) VALUES ('finance@1')",
    "INSERT INTO symbols (symbol, name) SELECT 'S' || n, 'A Company' FROM generate_series(1, 500) AS n",
    "INSERT INTO users (email, password_hash) SELECT n || '@example.com', 'x' FROM generate_series(1, 200) AS n",
    """
    INSERT INTO sentiment_buckets
    SELECT s.id, 1, o.source, date_bin('5 minutes', t, 'epoch'), 5, 4, 3, 1, 1.5, ARRAY[s.id, 2, 3, 4], now(), 4, 3, 1,
           1.2, ARRAY[s.id, 2, 3], ARRAY[2, 1, 1, 1], 2, 5, 0
    FROM symbols s CROSS JOIN generate_series(now() - INTERVAL '40 days', now(), INTERVAL '1 hour') t
    CROSS JOIN (VALUES ('reddit'), ('x')) o (source)
    """,
    """
    INSERT INTO bars
    SELECT '1m', s.id, date_trunc('minute', t), 99, 101, 98, 100, 100, 1, 'bench', now()
    FROM symbols s CROSS JOIN generate_series(now() - INTERVAL '2 days', now(), INTERVAL '5 minutes') t
    """,
    """
    WITH made AS (
        INSERT INTO alerts (user_id, symbol_id, name, measure, time_window, direction, threshold, hysteresis, cooldown,
                            min_posts, min_confidence, channel, url, secret_key)
        SELECT u.id, 1 + (u.n * 50 + g) % 500, '', m.measure,
               CASE WHEN m.measure <> 'price' THEN (ARRAY['1h', '24h', '24h', '7d'])[1 + (g / 6) % 4] END,
               'crosses', CASE WHEN m.measure LIKE 'price' THEN 99 ELSE 0.1 END, 0, '0', 0, 'none', 'webhook',
               'https://example.com/', 'key'
        FROM (SELECT id, row_number() OVER () AS n FROM users) u CROSS JOIN generate_series(1, 50) g
        CROSS JOIN LATERAL (
            SELECT (ARRAY['score', 'filtered_score', 'buzz', 'filtered_buzz', 'price', 'price_change'])[1 + g % 6]
        ) m (measure)
        RETURNING id
    )
    INSERT INTO alert_states (alert_id) SELECT id FROM made
    """,
    "ANALYZE",
)

_OVER = """
UPDATE alert_states SET side = CASE side WHEN 'above' THEN 'below' ELSE 'above' END WHERE side IS NOT NULL
"""


async def main() -> list[Row]:
    """Alerts a second."""
    async with empty_database() as url, open_pool(url, application="insitechart-bench") as pool:
        for statement in _SEED:
            await pool.execute(statement)
        await evaluate(pool, SCORER)
        quiet = await evaluate(pool, SCORER)
        alone = await _one_by_one(pool)
        await pool.execute(_OVER)
        firing = await evaluate(pool, SCORER)
        assert quiet.fired == 0
        assert firing.fired > firing.alerts / 2
        return [
            ("alerts looked at, nothing fires", quiet.alerts / quiet.seconds, alone, "alerts/s"),
            (f"alerts looked at, {firing.fired:,} fire", firing.alerts / firing.seconds, alone, "alerts/s"),
        ]


async def _one_by_one(pool: Pool) -> float:
    now, begun = datetime.now(UTC), perf_counter()
    for number in range(_ASKED_ALONE):
        await sentiment_window(pool, f"S{number + 1}", SCORER, until=now, length=timedelta(hours=24))
    return _ASKED_ALONE / (perf_counter() - begun)
