"""/users/me/alerts: made with what is usual, changed by one at a time, and seen by nobody else."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from lib.alerts.evaluate import evaluate
from tests.servers.webhook import Receiver
from tests.support import seed
from tests.support.accounts import USERS, House, Person, api_key, known
from tests.support.alert_house import ALERTS, ask, make, wanted
from tests.support.alerts import add_firing, state

_DONE = """
SELECT action, actor, details::text AS details FROM audit WHERE target_id = $1 AND action LIKE 'alert%' ORDER BY id
"""


async def test_an_alert_is_made_with_what_is_usual(house: House, ada: Person) -> None:
    made = await make(house, ada, name=" 삼성전자 8만원 ")
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert {name: value for name, value in made.items() if name not in ("id", "created_at", "updated_at")} == {
        "name": "삼성전자 8만원", "symbol": "005930.KS", "measure": "price", "window": None, "direction": "above",
        "threshold": "80000", "hysteresis": "0", "cooldown_s": 3600, "min_posts": 0, "min_confidence": "none",
        "channel": "webhook", "url": "https://example.com/hook", "side": None, "fired_at": None, "paused_at": None,
        "pause_reason": "", "previous_secret_until": None, "version": 1,
    }  # fmt: skip
    found = (await ask(house, ada, made)).json()
    assert found == made
    listed = (await house.client.get(ALERTS, headers=ada.bearer)).json()
    assert listed == {"items": [made], "next": None}
    kept = await house.pool.fetchrow("SELECT * FROM alerts WHERE id = $1", UUID(made["id"]))
    assert secret.removeprefix("whsec_") not in str(kept)


async def test_few_posts_do_not_fire_unless_somebody_wants_it_so(house: House, ada: Person) -> None:
    made = await make(
        house, ada, measure="filtered_score", threshold="-0.2", direction="below", channel="email", url=None
    )
    assert (made["window"], made["min_posts"], made["min_confidence"], made["hysteresis"], made["secret"]) == (
        "24h",
        10,
        "medium",
        "0.05",
        None,
    )
    eager = await make(house, ada, measure="buzz", threshold="3", window="1h", min_posts=0, min_confidence="none")
    assert (eager["window"], eager["min_posts"], eager["min_confidence"], eager["hysteresis"]) == (
        "1h",
        0,
        "none",
        "0.5",
    )


@pytest.mark.parametrize(
    ("values", "parameter"),
    [
        ({"symbol": "NOBODY"}, "symbol"),
        ({"symbol": "삼성전자"}, "symbol"),
        ({"measure": "volume"}, "measure"),
        ({"direction": "up"}, "direction"),
        ({"threshold": "much"}, "threshold"),
        ({"threshold": 80000}, "threshold"),
        ({"threshold": "NaN"}, "threshold"),
        ({"threshold": "-1"}, "threshold"),
        ({"threshold": "1e5"}, "threshold"),
        ({"hysteresis": "80000"}, "hysteresis"),
        ({"window": "24h"}, "window"),
        ({"measure": "score", "threshold": "1.5"}, "threshold"),
        ({"measure": "score", "threshold": "0.3", "window": "3h"}, "window"),
        ({"min_posts": 10}, "min_posts"),
        ({"min_posts": -1}, "min_posts"),
        ({"cooldown_s": 2_592_001}, "cooldown_s"),
        ({"cooldown_s": 60, "channel": "email", "url": None}, "cooldown_s"),
        ({"channel": "email"}, "url"),
        ({"url": None}, "url"),
        ({"url": "http://example.com/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://2130706433/"}, "url"),
        ({"url": "https://user:word@example.com/"}, "url"),
        ({"url": "https://example.com:22/"}, "url"),
        ({"url": "https://[::ffff:169.254.169.254]/"}, "url"),
        ({"name": "a\nb"}, "name"),
        ({"name": "n" * 81}, "name"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_cannot_be_used_is_named(house: House, ada: Person, values: dict[str, Any], parameter: str) -> None:
    answer = await house.client.post(ALERTS, json=wanted(**values), headers=ada.bearer)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:insitechart:bad-parameter"), answer.text
    assert answer.json()["parameter"] == parameter
    assert (await house.client.get(ALERTS, headers=ada.bearer)).json()["items"] == []


async def test_another_rule_is_learned_anew_and_another_name_is_not(house: House, ada: Person) -> None:
    made = await make(house, ada)
    alert_id = UUID(made["id"])
    await house.pool.execute("UPDATE alert_states SET side = 'below' WHERE alert_id = $1", alert_id)
    renamed = (await ask(house, ada, made, version=1, name="other", cooldown_s=3600)).json()
    assert (renamed["name"], renamed["side"], renamed["version"]) == ("other", "below", 2)
    ruled = (await ask(house, ada, renamed, version=2, threshold="90000")).json()
    assert (ruled["threshold"], ruled["side"], ruled["version"], ruled["name"]) == ("90000", None, 3, "other")
    moved = (await ask(house, ada, ruled, version=3, url="https://EXAMPLE.com:443/other")).json()
    assert moved["url"] == "https://example.com/other"
    bad = await ask(house, ada, moved, version=4, window="24h")
    assert (bad.status_code, bad.json()["parameter"]) == (400, "window")


async def test_two_programs_never_overwrite_each_other_in_silence(house: House, ada: Person) -> None:
    made = await make(house, ada)
    assert (await ask(house, ada, made, version=1, threshold="90")).status_code == 200
    stale = await ask(house, ada, made, version=1, name="late")
    assert (stale.status_code, stale.json()["detail"]) == (409, "The alert was changed meanwhile.")


async def test_an_alert_pauses_and_resumes(house: House, ada: Person) -> None:
    made = await make(house, ada, symbol="AAPL", threshold="100")
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    await seed.add_bar(house.pool, "AAPL", now, 99, interval="1m")
    await evaluate(house.pool, "finance@1")
    assert (await ask(house, ada, made)).json()["side"] == "below"
    paused = (await ask(house, ada, made, "pause")).json()
    assert paused["paused_at"] is not None
    assert (await ask(house, ada, made, "pause")).json() == paused
    await seed.add_bar(house.pool, "AAPL", now, 101, interval="1m")
    await evaluate(house.pool, "finance@1")
    resumed = (await ask(house, ada, made, "resume")).json()
    assert (resumed["paused_at"], resumed["side"]) == (None, None)
    assert (await ask(house, ada, made, "resume")).json() == resumed
    # what crossed meanwhile is learned, and does not fire
    await evaluate(house.pool, "finance@1")
    found = (await ask(house, ada, made)).json()
    assert (found["side"], found["fired_at"]) == ("above", None)


async def test_nobody_sees_or_touches_what_is_another_persons(house: House, ada: Person, hooks: Receiver) -> None:
    made = await make(house, ada, url=f"https://localhost:{hooks.port}/in")
    eve = await known(house)
    assert (await house.client.get(ALERTS, headers=eve.bearer)).json()["items"] == []
    for unknown in (made["id"], str(uuid4())):
        place = f"{ALERTS}/{unknown}"
        answers = [
            await house.client.get(place, headers=eve.bearer),
            await house.client.patch(place, json={"version": 1, "name": "hers"}, headers=eve.bearer),
            await house.client.get(f"{place}/history", headers=eve.bearer),
            *[
                await house.client.post(f"{place}/{what}", headers=eve.bearer)
                for what in ("pause", "resume", "test", "secret")
            ],
            await house.client.delete(place, headers=eve.bearer),
        ]
        assert [answer.status_code for answer in answers] == [404] * len(answers)
        told = [{**answer.json(), "request_id": "", "instance": ""} for answer in answers]
        assert all(problem == told[0] for problem in told)
    assert hooks.received == []
    made.pop("secret")
    assert (await ask(house, ada, made)).json() == made
    assert (await state(house.pool, UUID(made["id"])))["revision"] == 0


async def test_a_key_needs_the_scope(house: House, ada: Person) -> None:
    for scope, status in (("alerts", 200), ("watchlists", 403), ("read", 403)):
        key = await api_key(house, ada, scope)  # type: ignore[arg-type]
        assert (await house.client.get(ALERTS, headers={"X-API-Key": key})).status_code == status
    assert (await house.client.get(ALERTS)).status_code == 401


async def test_alerts_are_handed_out_without_secrets_and_go_with_the_account(house: House, ada: Person) -> None:
    made = await make(house, ada)
    await add_firing(house.pool, UUID(made["id"]), datetime(2026, 3, 4, tzinfo=UTC))
    answer = await house.client.get(f"{USERS}/me/export", headers=ada.bearer)
    kept = answer.json()["kept"]
    assert [(found["symbol"], found["threshold"]) for found in kept["alerts"]] == [("005930.KS", "80000")]
    assert [(found["alert_id"], found["value"]) for found in kept["alert_firings"]] == [(made["id"], "80001")]
    assert made["secret"] not in answer.text
    await house.pool.execute("DELETE FROM users WHERE id = $1", ada.id)
    for table in ("alerts", "alert_deliveries", "alert_tests"):
        count = f"SELECT count(*) FROM {table} WHERE user_id = $1"
        assert await house.pool.fetchval(count, ada.id) == 0
    assert await house.pool.fetchval("SELECT count(*) FROM alert_firings WHERE alert_id = $1", UUID(made["id"])) == 0


async def test_operators_see_how_alerts_stand(house: House, ada: Person) -> None:
    await make(house, ada)
    text = (await house.client.get("/metrics")).text
    for name in ("insitechart_alerts{", "insitechart_alert_firings_total ", "insitechart_alert_deliveries{"):
        assert name in text


async def test_what_sends_data_elsewhere_is_audited(house: House, ada: Person) -> None:
    key = {"X-API-Key": await api_key(house, ada, "alerts")}
    body = {
        "symbol": "AAPL", "measure": "price", "direction": "above", "threshold": "1",
        "channel": "webhook", "url": "https://example.com/first-secret-path",
    }  # fmt: skip
    made = (await house.client.post(ALERTS, json=body, headers=ada.bearer)).json()
    for change in ({"version": 1, "name": "mine"}, {"version": 2, "url": "https://example.com/other-secret-path"}):
        assert (await house.client.patch(f"{ALERTS}/{made['id']}", json=change, headers=key)).status_code == 200
    assert (await house.client.post(f"{ALERTS}/{made['id']}/secret", headers=key)).status_code == 200
    assert (await house.client.delete(f"{ALERTS}/{made['id']}", headers=key)).status_code == 204
    assert (await house.client.delete(f"{ALERTS}/{made['id']}", headers=key)).status_code == 404
    done = await house.pool.fetch(_DONE, ada.id)
    assert [(row["action"], row["actor"]) for row in done] == [
        ("alert.created", "user"), ("alert.redirected", "api-key"), ("alert.secret_rotated", "api-key"),
        ("alert.deleted", "api-key"),
    ]  # fmt: skip
    assert all(made["id"] in row["details"] and "secret-path" not in row["details"] for row in done)
