"""Alerts that their owner tries: a test arrives with a signature, says why it fails, and is not asked for too often."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

from aiohttp import web

from tests.servers.webhook import Receiver
from tests.support.accounts import House, Person, known
from tests.support.alert_house import ALERTS, ask, make, rotated, wanted
from tests.support.alerts import add_firing


async def test_a_test_arrives_with_a_signature_that_its_owner_can_make(
    house: House, ada: Person, hooks: Receiver
) -> None:
    made = await make(house, ada, url=f"https://localhost:{hooks.port}/in")
    told = (await ask(house, ada, made, "test")).json()
    assert (told["outcome"], told["status"], told["reason"]) == ("delivered", 200, "")
    [found] = hooks.received
    body = json.loads(found.body)
    assert (body["id"], body["type"], body["firing"]) == (told["id"], "alert.test", None)
    secret = await rotated(house, ada, made)
    assert secret != made["secret"]
    await ask(house, ada, made, "test")
    timestamp, signatures = (hooks.received[1].headers[f"InsiteChart-{name}"] for name in ("Timestamp", "Signature"))
    signed = f"{timestamp}.".encode() + hooks.received[1].body
    assert signatures.split(",") == [
        "v1=" + hmac.new(key.encode(), signed, hashlib.sha256).hexdigest() for key in (secret, made["secret"])
    ]


async def test_a_test_that_fails_says_why_and_is_not_repeated(house: House, ada: Person, hooks: Receiver) -> None:
    async def teapot(_: web.Request) -> web.Response:
        return web.Response(status=418, text="the secret of another service")

    hooks.answer = teapot
    made = await make(house, ada, url=f"https://localhost:{hooks.port}/in")
    answer = await ask(house, ada, made, "test")
    assert answer.json() | {"id": ""} == {"id": "", "outcome": "failed", "status": 418, "reason": "It answered 418."}
    assert "secret of another" not in answer.text
    assert (await ask(house, ada, made)).json()["paused_at"] is None
    down = await make(house, ada, url="https://localhost:443/in")
    assert (await ask(house, ada, down, "test")).json()["reason"] == "No connection to the host could be made."


async def test_tests_are_few_however_they_are_asked_for(house: House, ada: Person, hooks: Receiver) -> None:
    url = f"https://localhost:{hooks.port}/in"
    alerts = [await make(house, ada, url=url) for _ in range(3)]
    answers = [await ask(house, ada, alerts[n % 3], "test") for n in range(12)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
    for alert in alerts:
        await house.client.delete(f"{ALERTS}/{alert['id']}", headers=ada.bearer)
    refused = await ask(house, ada, await make(house, ada, url=url), "test")
    assert refused.status_code == 429
    assert 3500 < int(refused.headers["retry-after"]) <= 3601
    bob = await known(house)
    assert (await ask(house, bob, await make(house, bob, url=url), "test")).status_code == 200


async def test_a_test_by_mail_reaches_the_account(house: House, ada: Person) -> None:
    made = await make(house, ada, channel="email", url=None)
    assert (await ask(house, ada, made, "test")).json()["outcome"] == "delivered"
    [mail] = await house.mails(ada.email, "Test of an alert")
    assert "005930.KS: price, threshold 80000 KRW" in mail.get_content()
    assert (await ask(house, ada, made, "secret")).status_code == 409


async def test_mail_needs_an_address_that_is_proved(house: House, ada: Person) -> None:
    await house.pool.execute("UPDATE users SET verified_at = NULL WHERE id = $1", ada.id)
    answer = await house.client.post(ALERTS, json=wanted(channel="email", url=None), headers=ada.bearer)
    assert (answer.status_code, answer.json()["detail"]) == (409, "Your mail address is not verified.")


async def test_the_history_is_paged_and_stays_in_place(house: House, ada: Person) -> None:
    made = await make(house, ada)
    start = datetime(2026, 3, 4, tzinfo=UTC)
    for number in range(5):
        await add_firing(house.pool, UUID(made["id"]), start + timedelta(hours=number // 2), revision=number)
    place, seen, cursor = f"{ALERTS}/{made['id']}/history", [], None
    while True:
        parameters = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await house.client.get(place, params=parameters, headers=ada.bearer)).json()
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
        await add_firing(house.pool, UUID(made["id"]), start + timedelta(days=1), revision=10 + len(seen))
    assert len({item["id"] for item in seen}) == len(seen) == 5
    assert [item["fired_at"] for item in seen] == sorted((item["fired_at"] for item in seen), reverse=True)
    first = seen[0]
    assert (first["value"], first["threshold"], first["side"], first["measure"]) == ("80001", "80000", "above", "price")
    assert (first["delivery"]["state"], first["delivery"]["tries"]) == ("waiting", 0)
    bad = await house.client.get(place, params={"cursor": "nonsense"}, headers=ada.bearer)
    assert (bad.status_code, bad.json()["parameter"]) == (400, "cursor")
