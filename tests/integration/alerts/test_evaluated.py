"""Alerts looked at on a real database: what fires, once and never twice, whoever else is at it and whatever breaks."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest

from lib.alerts.evaluate import evaluate, moves
from lib.alerts.looks import read_values
from lib.db.alerts.evaluation import watched_alerts, write_moves
from lib.db.alerts.history import alerts_standing
from lib.db.pool import Pool
from tests.support.alerts import add_alert, add_user, deliveries, firings, state
from tests.support.seed import add_action, add_bar, add_bucket, add_scorer, add_symbol

SCORER = "finance@1"
NOW = datetime(2026, 3, 4, 15, 2, 30, tzinfo=UTC)
TODAY = NOW.replace(hour=0, minute=0, second=0)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
async def listed(pool: Pool) -> None:
    await add_symbol(pool, "AAPL")
    await add_scorer(pool)


@pytest.fixture
async def ada(pool: Pool) -> UUID:
    return await add_user(pool)


async def look(pool: Pool, after: timedelta = timedelta(0)) -> int:
    return (await evaluate(pool, SCORER, now=NOW + after)).fired


async def price(pool: Pool, close: float | str, after: timedelta = timedelta(0)) -> None:
    await add_bar(pool, "AAPL", (NOW + after).replace(second=0), close, interval="1m")


async def test_a_price_that_crosses_fires_once(pool: Pool, ada: UUID) -> None:
    alert = await add_alert(pool, ada, threshold="100")
    await price(pool, "99.5")
    assert await look(pool) == 0
    assert (await state(pool, alert))["side"] == "below"
    await price(pool, "100.25", MINUTE)
    assert [await look(pool, MINUTE), await look(pool, 2 * MINUTE)] == [1, 0]
    [fired] = await firings(pool, alert)
    assert (fired["side"], fired["value"], fired["threshold"]) == ("above", Decimal("100.25"), Decimal(100))
    assert (fired["fired_at"], fired["posts"], fired["confidence"]) == (NOW + MINUTE, None, None)
    [delivery] = await deliveries(pool, alert)
    assert (delivery["firing_id"], delivery["state"], delivery["next_try_at"]) == (
        fired["id"],
        "waiting",
        NOW + MINUTE,
    )


async def test_an_alert_without_a_price_waits_for_one(pool: Pool, ada: UUID) -> None:
    alert = await add_alert(pool, ada, side="below")
    assert await look(pool) == 0
    # what is a week old is no news
    await add_bar(pool, "AAPL", TODAY - 8 * DAY, 200)
    assert await look(pool) == 0
    assert (await state(pool, alert))["revision"] == 0


async def test_the_close_of_the_day_is_newer_than_its_minutes(pool: Pool, ada: UUID) -> None:
    alert = await add_alert(pool, ada, side="below")
    await price(pool, 90)
    await add_bar(pool, "AAPL", TODAY - DAY, 150)
    assert await look(pool) == 0
    await add_bar(pool, "AAPL", TODAY, 101)
    assert await look(pool) == 1
    assert [fired["value"] for fired in await firings(pool, alert)] == [101]


async def test_a_change_is_measured_from_the_price_before(pool: Pool, ada: UUID) -> None:
    rules = {"1h": "1", "24h": "9", "7d": "40"}
    alerts = {
        window: await add_alert(pool, ada, measure="price_change", window=window, threshold=threshold, side="below")
        for window, threshold in rules.items()
    }
    await price(pool, 108.9, -HOUR - MINUTE)
    await price(pool, 110)
    await add_bar(pool, "AAPL", TODAY - DAY, 104)  # this close came after the moment a day ago
    await add_bar(pool, "AAPL", TODAY - 2 * DAY, 100)
    await add_bar(pool, "AAPL", TODAY - 8 * DAY, 80)
    assert await look(pool) == 2
    assert [fired["value"] for fired in await firings(pool, alerts["1h"])] == [Decimal("1.0101")]
    assert [fired["value"] for fired in await firings(pool, alerts["24h"])] == [Decimal("10.0000")]
    assert await firings(pool, alerts["7d"]) == []
    assert (await state(pool, alerts["7d"]))["revision"] == 0


async def test_daily_bars_alone_change_from_close_to_close_and_not_within_the_hour(pool: Pool, ada: UUID) -> None:
    day = await add_alert(
        pool, ada, measure="price_change", window="24h", threshold="-5", direction="below", side="above"
    )
    hour = await add_alert(
        pool, ada, measure="price_change", window="1h", threshold="-5", direction="below", side="above"
    )
    await add_bar(pool, "AAPL", TODAY - 3 * DAY, 100)
    await add_bar(pool, "AAPL", TODAY, 90)
    assert await look(pool) == 1
    assert [fired["value"] for fired in await firings(pool, day)] == [-10]
    assert (await state(pool, hour))["revision"] == 0


async def test_a_split_neither_fires_nor_hides_a_fall(pool: Pool, ada: UUID) -> None:
    level = await add_alert(pool, ada, threshold="900", direction="below", side="above")
    change = await add_alert(
        pool, ada, measure="price_change", window="24h", direction="below", threshold="-5", side="above"
    )
    await pool.execute("UPDATE alerts SET ruled_at = $1", NOW - 2 * DAY)
    await add_bar(pool, "AAPL", TODAY - 2 * DAY, 1000)
    await add_action(pool, "AAPL", TODAY, "split", "10")
    await price(pool, 99)
    assert await look(pool) == 0
    await price(pool, 89, MINUTE)
    assert await look(pool, MINUTE) == 2
    [fired] = await firings(pool, level)
    assert (fired["value"], fired["threshold"]) == (89, 90)
    assert [fired["value"] for fired in await firings(pool, change)] == [-11]
    # whoever says a threshold after the split means the new shares
    await pool.execute("UPDATE alerts SET ruled_at = $1, threshold = 80 WHERE id = $2", NOW, level)
    await pool.execute("UPDATE alert_states SET side = 'above' WHERE alert_id = $1", level)
    assert await look(pool, 2 * MINUTE) == 0


async def test_sentiment_is_what_the_same_window_answers(pool: Pool, ada: UUID) -> None:
    of_score = {"measure": "score", "window": "1h", "threshold": "0.3", "min_posts": 10, "min_confidence": "medium"}
    raw = await add_alert(pool, ada, side="below", **of_score)
    filtered = await add_alert(pool, ada, side="below", **{**of_score, "measure": "filtered_score"})
    start = NOW.replace(minute=0, second=0)
    await add_bucket(pool, "AAPL", start - HOUR, [-1.0] * 50)  # outside of the window
    await add_bucket(pool, "AAPL", start, [0.5] * 9)
    assert await look(pool) == 0  # nine posts are few
    await add_bucket(pool, "AAPL", start - 5 * MINUTE, [0.4] * 3, copies=3, source="x")
    assert await look(pool) == 1
    [fired] = await firings(pool, raw)
    assert (fired["value"], fired["posts"], fired["confidence"]) == (Decimal("0.475"), 12, "medium")
    assert (await state(pool, filtered))["revision"] == 0


async def test_a_buzz_needs_a_history(pool: Pool, ada: UUID) -> None:
    alert = await add_alert(pool, ada, measure="buzz", window="1h", threshold="3", side="below")
    end = NOW.replace(minute=5, second=0)
    await add_bucket(pool, "AAPL", end - 5 * MINUTE, [0.1] * 30)
    assert await look(pool) == 0
    for hour in range(1, 9):
        await add_bucket(pool, "AAPL", end - hour * HOUR - 5 * MINUTE, [0.1] * 4)
    assert await look(pool) == 1
    [fired] = await firings(pool, alert)
    assert (fired["value"], fired["posts"]) == (Decimal(13), 30)


async def test_flapping_and_cool_downs_are_quiet(pool: Pool, ada: UUID) -> None:
    damped = await add_alert(pool, ada, hysteresis="2", side="below")
    rare = await add_alert(pool, ada, cooldown=5 * MINUTE, side="below")
    for minute, close in enumerate([101, 99, 101, 99, 101, 99, 101]):
        await price(pool, close, minute * MINUTE)
        await look(pool, minute * MINUTE)
    assert [fired["fired_at"] for fired in await firings(pool, damped)] == [NOW]
    assert [(fired["fired_at"], fired["quiet"]) for fired in await firings(pool, rare)] == [
        (NOW, 0),
        (NOW + 6 * MINUTE, 2),
    ]


async def test_two_evaluations_side_by_side_fire_once(pool: Pool, ada: UUID) -> None:
    alerts = [await add_alert(pool, ada, threshold=str(90 + number), side="below") for number in range(20)]
    await price(pool, 150)
    fired = await asyncio.gather(*(look(pool, number * MINUTE) for number in range(6)))
    assert sum(fired) == len(alerts)
    for alert in alerts:
        assert len(await firings(pool, alert)) == len(await deliveries(pool, alert)) == 1
    assert (await alerts_standing(pool)).firings == len(alerts)


async def test_what_was_judged_by_an_older_state_is_not_written(pool: Pool, ada: UUID) -> None:
    alert = await add_alert(pool, ada, side="below")
    await price(pool, 101)
    async with pool.acquire() as conn:
        watched = await watched_alerts(conn)
        late = moves(watched, await read_values(conn, SCORER, watched, NOW), NOW)
        # another one looks meanwhile, and the price falls back
        assert await look(pool) == 1
        await price(pool, 99)
        assert await look(pool, MINUTE) == 0
        assert await write_moves(conn, late) == (0, 0)
        assert await write_moves(conn, late) == (0, 0)
    assert len(await firings(pool, alert)) == 1
    assert (await state(pool, alert))["side"] == "below"


async def test_a_crash_leaves_all_of_it_or_nothing(pool: Pool, ada: UUID) -> None:
    alert = await add_alert(pool, ada, side="below")
    await price(pool, 101)
    await pool.execute("""
        CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
        CREATE TRIGGER crash BEFORE INSERT ON alert_deliveries FOR EACH ROW EXECUTE FUNCTION crash();
    """)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await look(pool)
    assert (await firings(pool, alert), (await state(pool, alert))["side"]) == ([], "below")
    await pool.execute("DROP TRIGGER crash ON alert_deliveries")
    assert await look(pool, MINUTE) == 1
    assert len(await deliveries(pool, alert)) == 1


async def test_a_rule_that_is_changed_meanwhile_is_learned_anew(pool: Pool, ada: UUID) -> None:
    alert = await add_alert(pool, ada, side="below")
    await price(pool, 101)
    async with pool.acquire() as conn:
        watched = await watched_alerts(conn)
        late = moves(watched, await read_values(conn, SCORER, watched, NOW), NOW)
        await pool.execute("UPDATE alert_states SET side = NULL, revision = revision + 1")
        assert await write_moves(conn, late) == (0, 0)
    assert (await state(pool, alert))["side"] is None


async def test_a_deletion_under_way_is_not_waited_for(pool: Pool, ada: UUID) -> None:
    other = await add_user(pool, "bob@example.com")
    going, staying = await add_alert(pool, ada, side="below"), await add_alert(pool, other, side="below")
    await price(pool, 101)
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("DELETE FROM users WHERE id = $1", ada)
        assert await asyncio.wait_for(look(pool), 10) == 1
    assert len(await firings(pool, staying)) == 1
    assert await firings(pool, going) == []
    assert await look(pool, MINUTE) == 0


async def test_who_paused_or_is_disabled_is_left_alone(pool: Pool, ada: UUID) -> None:
    other = await add_user(pool, "bob@example.com")
    paused, disabled = await add_alert(pool, ada, side="below"), await add_alert(pool, other, side="below")
    await pool.execute("UPDATE alerts SET paused_at = now() WHERE id = $1", paused)
    await pool.execute("UPDATE users SET disabled_at = now() WHERE id = $1", other)
    await price(pool, 101)
    assert (await evaluate(pool, SCORER, now=NOW))[:2] == (0, 0)
    assert await firings(pool, disabled) == []


async def test_every_evaluation_says_how_long_it_took(pool: Pool, ada: UUID) -> None:
    await add_alert(pool, ada)
    found = await evaluate(pool, SCORER, now=NOW)
    standing = await alerts_standing(pool)
    assert (standing.active, standing.evaluated_at, standing.seconds) == (1, NOW, found.seconds)
    assert found.alerts == 1
