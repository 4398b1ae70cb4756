"""Watchlists and alerts of people in a hurry: limits are exact, and no change is lost, however many ask at once."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from lib.alerts.managing import Wanted, drop_alert, edit_alert, make_alert
from lib.alerts.service import Alerts, open_alerts
from lib.db.alerts.alerts import alerts_of
from lib.db.alerts.history import MOST_TESTS, add_test
from lib.db.pool import Pool
from lib.db.watchlists import watchlists_of
from lib.domain.alert_limits import MOST_ALERTS
from lib.domain.users import Origin
from lib.domain.watchlists import MOST_WATCHLISTS
from lib.errors import Conflict, InsiteChartError, NotThere, Throttled
from lib.keyring.keys import Keys, new_key
from lib.keyring.ring import Keyring
from lib.settings import Settings
from lib.watchlists import edit_watchlist, make_watchlist
from tests.support.alerts import add_alert

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
HERE = Origin("user")


@pytest.fixture
def alerts(pool: Pool) -> Alerts:
    return open_alerts(pool, Settings(), Keyring(Keys((new_key(NOW),))))


async def errors(*asked: Awaitable[Any]) -> list[type[Exception]]:
    """What of `asked`, all at once, was refused."""
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert all(not isinstance(answer, Exception) or isinstance(answer, InsiteChartError) for answer in answers)
    return [type(answer) for answer in answers if isinstance(answer, Exception)]


async def make(alerts: Alerts, user_id: UUID) -> UUID:
    url = Wanted(url="https://example.com/")
    made, _ = await make_alert(alerts, user_id, "AAPL", "price", "above", Decimal(100), "webhook", url, HERE)
    return made.id


async def test_watchlists_are_no_more_than_allowed(pool: Pool, ada: UUID) -> None:
    names = [f"list {number}" for number in range(MOST_WATCHLISTS + 2)]
    refused = await errors(*(make_watchlist(pool, ada, name, [], is_default=True) for name in names))
    assert refused == [Conflict, Conflict]
    kept = await watchlists_of(pool, ada)
    assert (len(kept), sum(found.is_default for found in kept)) == (MOST_WATCHLISTS, 1)


async def test_of_changes_at_once_one_is_made(pool: Pool, ada: UUID) -> None:
    made = await make_watchlist(pool, ada, "one", ["AAPL"], is_default=False)
    refused = await errors(
        *(edit_watchlist(pool, ada, made.id, 1, name=f"one {number}", symbols=["005930.KS"]) for number in range(4))
    )
    assert refused == [Conflict] * 3
    [kept] = await watchlists_of(pool, ada)
    assert (kept.version, kept.symbols) == (2, ["005930.KS"])


async def test_alerts_are_no_more_than_allowed(pool: Pool, ada: UUID, alerts: Alerts) -> None:
    for _ in range(MOST_ALERTS - 1):
        await add_alert(pool, ada)
    assert await errors(*(make(alerts, ada) for _ in range(3))) == [Conflict, Conflict]
    assert len(await alerts_of(pool, ada)) == MOST_ALERTS


async def test_of_changes_of_a_rule_at_once_one_is_made(pool: Pool, ada: UUID, alerts: Alerts) -> None:
    made = await make(alerts, ada)
    refused = await errors(
        *(edit_alert(alerts, ada, made, 1, Wanted(threshold=Decimal(number)), HERE) for number in range(101, 105))
    )
    assert refused == [Conflict] * 3
    assert (await alerts_of(pool, ada))[0].version == 2


async def test_a_change_and_a_deletion_at_once_end_well(pool: Pool, ada: UUID, alerts: Alerts) -> None:
    for _ in range(5):
        made = await make(alerts, ada)
        refused = await errors(
            edit_alert(alerts, ada, made, 1, Wanted(threshold=Decimal(101)), HERE), drop_alert(alerts, ada, made, HERE)
        )
        assert set(refused) <= {Conflict, NotThere}
        assert await alerts_of(pool, ada) == []


async def test_tests_are_no_more_than_allowed(pool: Pool, ada: UUID, alerts: Alerts) -> None:
    made = await make(alerts, ada)
    refused = await errors(*(add_test(pool, ada, made, NOW) for _ in range(MOST_TESTS + 3)))
    assert refused == [Throttled] * 3
    assert await pool.fetchval("SELECT count(*) FROM alert_deliveries") == MOST_TESTS


async def test_a_threshold_said_again_is_of_today(pool: Pool, ada: UUID, alerts: Alerts) -> None:
    made = await make(alerts, ada)
    await pool.execute("UPDATE alerts SET ruled_at = $1", NOW)
    await edit_alert(alerts, ada, made, 1, Wanted(name="renamed", hysteresis=Decimal(1)), HERE)
    assert await pool.fetchval("SELECT ruled_at FROM alerts") == NOW
    await edit_alert(alerts, ada, made, 2, Wanted(threshold=Decimal(100)), HERE)
    assert await pool.fetchval("SELECT ruled_at FROM alerts") > NOW
