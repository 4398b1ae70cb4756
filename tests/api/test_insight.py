"""GET /stocks/{symbol}/insight: one axis for bars and posts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Litestar
from litestar.testing import AsyncTestClient

from lib.db.pool import Pool
from tests.support import seed

Client = AsyncTestClient[Litestar]

FRIDAY = datetime(2014, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)


async def _insight(client: Client, **parameters: Any) -> dict[str, Any]:
    answer = await client.get("/api/v1/stocks/AAPL/insight", params=parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    lengths = {len(column) for name, column in found.items() if isinstance(column, list) and name != "actions"}
    assert len(lengths) == 1
    return found


def _ms(*moments: datetime) -> list[int]:
    return [int(moment.timestamp() * 1000) for moment in moments]


async def test_a_weekend_of_talk_stands_between_two_trading_days(pool: Pool, client: Client) -> None:
    await seed.add_scorer(pool)
    await seed.add_symbol(pool, "AAPL")
    await seed.add_bar(pool, "AAPL", FRIDAY, 540)
    await seed.add_bar(pool, "AAPL", FRIDAY + 3 * DAY, 543)
    await seed.add_bucket(pool, "AAPL", FRIDAY + timedelta(hours=23, minutes=55), [0.5])
    await seed.add_bucket(pool, "AAPL", FRIDAY + DAY, [-0.5, -0.3], authors=[1, 1])
    await seed.add_bucket(pool, "AAPL", FRIDAY + DAY + timedelta(hours=5), [-0.4], authors=[1], source="x")
    await seed.add_action(pool, "AAPL", FRIDAY, "dividend", "0.47")
    await seed.add_action(pool, "AAPL", FRIDAY - 90 * DAY, "dividend", "0.46")
    answer = await _insight(client, start="2014-01-01", end="2014-01-31")
    assert answer["start"] == _ms(FRIDAY, FRIDAY + DAY, FRIDAY + 3 * DAY)
    assert answer["close"] == [540, None, 543]
    assert answer["posts"] == [1, 3, None]
    assert answer["authors"] == [1, 1, None]
    assert answer["score"] == [0.5, -0.4, None]
    assert answer["actions"] == [{"kind": "dividend", "ex_date": "2014-01-03", "value": 0.47}]
    assert (answer["scorer"], answer["truncated"], answer["sample"]) == ("finance@1", False, False)


async def test_hours_of_posts_meet_hourly_bars_that_start_at_half_past(pool: Pool, client: Client) -> None:
    await seed.add_scorer(pool)
    await seed.add_symbol(pool, "AAPL")
    opening = FRIDAY + timedelta(hours=14, minutes=30)
    await seed.add_bar(pool, "AAPL", opening, 540, interval="1h")
    await seed.add_bucket(pool, "AAPL", opening + timedelta(minutes=55), [0.5])
    await seed.add_bucket(pool, "AAPL", opening - timedelta(minutes=5), [0.4])
    answer = await _insight(client, interval="1h")
    assert answer["start"] == _ms(opening - timedelta(hours=1), opening)
    assert (answer["close"], answer["posts"]) == ([None, 540], [1, 1])


async def test_minute_bars_stand_beside_five_minutes_of_posts(pool: Pool, client: Client) -> None:
    await seed.add_scorer(pool)
    await seed.add_symbol(pool, "AAPL", sample=True)
    opening = FRIDAY + timedelta(hours=14, minutes=30)
    for minute in range(3):
        await seed.add_bar(pool, "AAPL", opening + timedelta(minutes=minute), 540 + minute, interval="1m")
    await seed.add_bucket(pool, "AAPL", opening, [0.5], source="sample")
    answer = await _insight(client, interval="1m")
    assert (answer["close"], answer["posts"]) == ([540, 541, 542], [1, None, None])
    assert answer["sample"] is True


async def test_limit_counts_intervals_back_from_the_newest(pool: Pool, client: Client) -> None:
    await seed.add_scorer(pool)
    await seed.add_symbol(pool, "AAPL")
    for day in range(6):
        await seed.add_bar(pool, "AAPL", FRIDAY + day * DAY, 540 + day)
    await seed.add_bucket(pool, "AAPL", FRIDAY + 6 * DAY, [0.1])
    answer = await _insight(client, limit=3)
    assert answer["close"] == [544, 545, None]
    assert (answer["truncated"], answer["next"]) == (True, "2014-01-07T00:00:00Z")
    rest = await _insight(client, limit=10, end=answer["next"])
    assert (rest["close"], rest["truncated"]) == ([540, 541, 542, 543], False)


async def test_posts_without_bars_and_nothing_at_all(pool: Pool, client: Client) -> None:
    await seed.add_symbol(pool, "AAPL")
    assert (await _insight(client))["start"] == []
    await seed.add_scorer(pool)
    await seed.add_bucket(pool, "AAPL", FRIDAY, [0.1])
    answer = await _insight(client)
    assert (answer["posts"], answer["close"]) == ([1], [None])
