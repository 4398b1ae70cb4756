"""What alerts look at is what the API answers: the same windows, the same numbers."""

import random
from datetime import UTC, datetime, timedelta

from litestar import Litestar
from litestar.testing import AsyncTestClient

from lib.alerts.looks import Values, look_at, read_values
from lib.db.alerts.evaluation import watched_alerts
from lib.db.pool import Pool
from tests.support import seed
from tests.support.alerts import add_alert, add_user

MEASURES = ("score", "filtered_score", "buzz", "filtered_buzz")


async def test_sentiment_is_what_the_same_window_answers(pool: Pool, client: AsyncTestClient[Litestar]) -> None:
    dice = random.Random(5)
    now = datetime.now(UTC)
    begun = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
    await seed.add_scorer(pool)
    for symbol in ("AAPL", "005930.KS"):
        await seed.add_symbol(pool, symbol)
        for _ in range(150):
            scores = [round(dice.uniform(-1, 1), 3) for _ in range(dice.randint(1, 12))]
            ago = timedelta(minutes=5 * round(dice.expovariate(1 / 2000)))
            authors = [dice.randint(1, 20) for _ in scores]
            copies = dice.randint(0, len(scores))
            source = dice.choice(["reddit", "x"])
            await seed.add_bucket(pool, symbol, begun - ago, scores, authors=authors, copies=copies, source=source)
    ada = await add_user(pool)
    for symbol in ("AAPL", "005930.KS"):
        for window in ("1h", "24h", "7d"):
            for measure in MEASURES:
                await add_alert(pool, ada, symbol, measure=measure, window=window, threshold="0.5")
    names = {row["id"]: row["symbol"] for row in await pool.fetch("SELECT id, symbol FROM symbols")}
    known = 0
    async with pool.acquire() as conn:
        watched = await watched_alerts(conn)
        by_end: dict[str, Values] = {}
        for alert in watched:
            path = f"/api/v1/sentiment/{names[alert.symbol_id]}"
            told = (await client.get(path, params={"window": alert.rule.window})).json()
            end = told["until"]
            if end not in by_end:  # the window moves on every five minutes
                within = datetime.fromisoformat(end) - timedelta(seconds=1)
                by_end[end] = await read_values(conn, "finance@1", watched, within)
            _, look = look_at(alert, by_end[end])
            prefix = "filtered_" if alert.rule.measure.startswith("filtered_") else ""
            assert (None if look.value is None else float(look.value)) == told[alert.rule.measure]
            assert (look.posts, look.confidence) == (told[f"{prefix}posts"], told[f"{prefix}confidence"])
            known += look.value is not None
    assert known >= 12
