"""The flow as Prefect runs it: what crossed is delivered to a real receiver, and the run says so."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from flows.watch_alerts import watch_alerts
from lib.db.pool import Pool
from lib.errors import ConfigurationError
from lib.keyring.ring import load_keyring
from lib.settings import load_settings
from tests.servers.webhook import Authority, Receiver, receiving
from tests.support.alerts import add_alert, add_user, deliveries
from tests.support.runs import report
from tests.support.seed import add_bar, add_scorer, add_symbol


@pytest.fixture
async def receiver(installation: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    authority = Authority()
    async with receiving(authority.server("localhost")) as opened:
        monkeypatch.setenv("INSITECHART_WEBHOOK_PORTS", str(opened.port))
        monkeypatch.setenv("INSITECHART_WEBHOOK_ALLOW", "localhost")
        monkeypatch.setenv("INSITECHART_WEBHOOK_CA_FILE", str(authority.write(tmp_path)))
        load_settings.cache_clear()
        yield opened


@pytest.fixture
async def ada(pool: Pool) -> UUID:
    await add_symbol(pool, "005930.KS", currency="KRW")
    await add_scorer(pool)
    return await add_user(pool)


async def test_what_crossed_is_delivered(pool: Pool, ada: UUID, receiver: Receiver) -> None:
    key = load_keyring(load_settings()).signing.id
    url = f"https://localhost:{receiver.port}/"
    alert = await add_alert(pool, ada, "005930.KS", threshold="80000", url=url, secret_key=key, side="below")
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    await add_bar(pool, "005930.KS", now - timedelta(minutes=1), "80100", interval="1m")

    state = await watch_alerts(return_state=True)

    totals = {"alerts": 1, "fired": 1, "delivered": 1, "later": 0, "failed": 0, "dropped": 0}
    assert await state.result() == totals
    told = await report(state)
    assert (told.name, told.key) == ("watch alerts", "watch-alerts")
    assert told.sentence.endswith(" s: 1 fired; 1 deliveries made, 0 to be tried again, 0 given up.")
    assert told.rows[0]["fired"] == 1
    [found] = receiver.received
    assert json.loads(found.body)["firing"]["value"] == "80100"
    assert [row["state"] for row in await deliveries(pool, alert)] == ["delivered"]
    assert (await watch_alerts())["fired"] == 0


async def test_old_history_is_forgotten(pool: Pool, ada: UUID, receiver: Receiver) -> None:
    alert = await add_alert(pool, ada, "005930.KS")
    for days in (366, 364):
        await pool.execute(
            "WITH f AS (INSERT INTO alert_firings (alert_id, revision, fired_at, side, measure, direction, threshold, "
            "value, quiet) VALUES ($1, $2, $3, 'above', 'price', 'above', 1, 2, 0) RETURNING id) "
            "INSERT INTO alert_deliveries (user_id, alert_id, firing_id, state, next_try_at, created_at, finished_at) "
            "SELECT $4, $1, id, 'delivered', $3, $3, $3 FROM f",
            alert,
            days,
            datetime.now(UTC) - timedelta(days=days),
            ada,
        )
    await watch_alerts()
    assert len(await deliveries(pool, alert)) == 1


async def test_settings_that_cannot_be_used_fail_the_run(
    pool: Pool, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSITECHART_WEBHOOK_CA_FILE", "/nowhere.pem")
    load_settings.cache_clear()
    state = await watch_alerts(return_state=True)
    with pytest.raises(ConfigurationError, match=r"nowhere\.pem"):
        await state.result()
