"""The outbox at work: a real receiver on TLS, a real mail server, and crashes in between."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from lib.alerts.deliver import LEASE, MOST_TRIES, Courier, wait_after
from lib.alerts.secrets import secret_of
from lib.db.alerts.deliveries import Secret, claim_delivery
from lib.db.pool import Pool
from lib.keyring.keys import Keys
from lib.keyring.ring import Keyring
from tests.servers.webhook import Receiver
from tests.support.alerts import add_alert, add_firing, add_user, deliveries
from tests.support.courier import KEY, LONG_AGO, OLD_KEY, answering, fall_due, is_signed, mails, soon, url


async def test_a_webhook_is_delivered_with_its_signature(
    pool: Pool, ada: UUID, courier: Courier, receiver: Receiver
) -> None:
    alert = await add_alert(pool, ada, url=url(receiver, "/a"), secret_key=KEY.id)
    delivery = await add_firing(pool, alert, LONG_AGO)
    assert await courier.deliver_due(soon()) == {"delivered": 1}
    [found] = receiver.received
    told = json.loads(found.body)
    assert (told["id"], told["type"], told["created_at"]) == (str(delivery), "alert.fired", "2026-03-04T00:00:00Z")
    assert told["alert"] == {
        "id": str(alert), "name": "", "symbol": "AAPL", "measure": "price", "window": None, "direction": "above",
        "threshold": "100",
    }  # fmt: skip
    assert told["firing"] | {"id": ""} == {
        "id": "", "fired_at": "2026-03-04T00:00:00Z", "side": "above", "value": "101", "currency": "USD",
        "posts": None, "confidence": None, "quiet": 0,
    }  # fmt: skip
    assert found.headers["InsiteChart-Id"] == str(delivery)
    secret = secret_of(Keyring(Keys((KEY,))), alert, Secret(KEY.id, 1))
    assert secret is not None
    assert is_signed(receiver, secret)
    [kept] = await deliveries(pool, alert)
    assert (kept["state"], kept["status"], kept["tries"], kept["reason"]) == ("delivered", 200, 1, "")
    assert await courier.deliver_due(soon()) == {}


async def test_two_secrets_sign_while_one_takes_over(
    pool: Pool, ada: UUID, courier: Courier, receiver: Receiver
) -> None:
    alert = await add_alert(pool, ada, url=url(receiver), secret_key=KEY.id)
    await pool.execute(
        "UPDATE alerts SET secret_generation = 2, previous_key = $1, previous_generation = 1, previous_until = $2",
        OLD_KEY.id,
        soon(),
    )
    ring = Keyring(Keys((KEY, OLD_KEY)))
    new, old = secret_of(ring, alert, Secret(KEY.id, 2)), secret_of(ring, alert, Secret(OLD_KEY.id, 1))
    assert new is not None
    assert old is not None
    await add_firing(pool, alert, LONG_AGO)
    await courier.deliver_due(soon())
    assert (is_signed(receiver, new), is_signed(receiver, old)) == (True, True)
    await pool.execute("UPDATE alerts SET previous_until = $1", LONG_AGO)
    await add_firing(pool, alert, LONG_AGO, revision=2)
    await courier.deliver_due(soon())
    assert (is_signed(receiver, new, place=1), is_signed(receiver, old, place=1)) == (True, False)


async def test_what_fails_is_tried_again_with_the_same_id(
    pool: Pool, ada: UUID, courier: Courier, receiver: Receiver
) -> None:
    receiver.answer = answering(500, 307, 204)
    alert = await add_alert(pool, ada, url=url(receiver), secret_key=KEY.id)
    await add_firing(pool, alert, LONG_AGO)
    for tries, reason in ((1, "It answered 500."), (2, "It answered 307.")):
        assert await courier.deliver_due(soon()) == {"later": 1}
        [kept] = await deliveries(pool, alert)
        assert (kept["tries"], kept["reason"], kept["state"]) == (tries, reason, "waiting")
        wait = kept["next_try_at"] - datetime.now(UTC)
        assert timedelta(minutes=tries) * 0.9 < wait < timedelta(minutes=tries) * 1.3
        assert await courier.deliver_due(soon()) == {}
        await fall_due(pool)
    assert await courier.deliver_due(soon()) == {"delivered": 1}
    assert len({json.loads(found.body)["id"] for found in receiver.received}) == 1
    assert len(receiver.received) == 3


async def test_a_crash_after_sending_sends_again_and_loses_nothing(
    pool: Pool, ada: UUID, courier: Courier, receiver: Receiver
) -> None:
    alert = await add_alert(pool, ada, url=url(receiver), secret_key=KEY.id)
    await add_firing(pool, alert, LONG_AGO)
    async with pool.acquire() as conn:
        lost = await claim_delivery(conn, datetime.now(UTC), LEASE)
        assert lost is not None
        # whoever claimed it is gone; until the lease is over nobody else tries
        assert await courier.deliver_due(soon()) == {}
        after = datetime.now(UTC) + LEASE + timedelta(seconds=1)
        again = await claim_delivery(conn, after, LEASE)
    assert again is not None
    assert (again.id, again.tries) == (lost.id, 2)
    await fall_due(pool)
    assert await courier.deliver_due(soon()) == {"delivered": 1}
    [kept] = await deliveries(pool, alert)
    assert kept["tries"] == 3


async def test_a_result_that_comes_too_late_changes_nothing(
    pool: Pool, ada: UUID, courier: Courier, receiver: Receiver
) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slow_then_fast(_: web.Request) -> web.Response:
        if not arrived.is_set():
            arrived.set()
            await go_on.wait()
            return web.Response(status=500)
        return web.Response()

    receiver.answer = slow_then_fast
    alert = await add_alert(pool, ada, url=url(receiver), secret_key=KEY.id)
    await add_firing(pool, alert, LONG_AGO)
    slow = asyncio.create_task(courier.deliver_due(soon()))
    await arrived.wait()
    await fall_due(pool)
    quick = await courier.deliver_due(soon())
    go_on.set()
    assert quick + await slow == {"delivered": 1, "later": 1}
    [kept] = await deliveries(pool, alert)
    assert (kept["state"], kept["status"]) == ("delivered", 200)


async def test_many_couriers_deliver_each_once(pool: Pool, ada: UUID, courier: Courier, receiver: Receiver) -> None:
    people = [await add_user(pool, f"{number}@example.com") for number in range(10)]
    for person in people:
        alert = await add_alert(pool, person, url=url(receiver), secret_key=KEY.id)
        for revision in range(1, 4):
            await add_firing(pool, alert, LONG_AGO, revision=revision)
    outcomes = await asyncio.gather(*(courier.deliver_due(soon()) for _ in range(3)))
    assert sum(outcome["delivered"] for outcome in outcomes) == 30
    ids = [json.loads(found.body)["id"] for found in receiver.received]
    assert len(ids) == len(set(ids)) == 30


async def test_mail_goes_to_proved_addresses_in_their_language(pool: Pool, ada: UUID, courier: Courier) -> None:
    people = {
        "en": ada,
        "ko": await add_user(pool, "minji@example.com", locale="ko"),
        "unproved": await add_user(pool, "eve@example.com", verified=False),
    }
    for person in people.values():
        alert = await add_alert(pool, person, "005930.KS", threshold="70000", url=None)
        await add_firing(pool, alert, LONG_AGO)
    assert await courier.deliver_due(soon()) == {"delivered": 2, "dropped": 1}
    found = {mail["address"]: mail for mail in await mails(pool)}
    assert set(found) == {"ada@example.com", "minji@example.com"}
    english, korean = found["ada@example.com"], found["minji@example.com"]
    assert (english["template"], english["locale"], korean["locale"]) == ("alert-fired", "en", "ko")
    assert english["content"]["measure"] == "price"
    assert english["content"]["value"] == "70001 KRW"
    assert (korean["content"]["measure"], korean["content"]["side"]) == ("주가", "초과")
    [dropped] = await deliveries(pool, alert)
    assert (dropped["state"], "not verified" in dropped["reason"]) == ("dropped", True)
    assert await courier.deliver_due(soon()) == {}
    assert len(await mails(pool)) == 2


async def test_a_mail_and_its_delivery_stand_together_or_not_at_all(pool: Pool, ada: UUID, courier: Courier) -> None:
    alert = await add_alert(pool, ada, url=None)
    await add_firing(pool, alert, LONG_AGO)
    await pool.execute("""
        CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'crash'; END $$;
        CREATE TRIGGER crash BEFORE INSERT ON mails FOR EACH ROW EXECUTE FUNCTION crash();
    """)
    with pytest.raises(ExceptionGroup):
        await courier.deliver_due(soon())
    assert [row["state"] for row in await deliveries(pool, alert)] == ["waiting"]
    await pool.execute("DROP TRIGGER crash ON mails")
    await fall_due(pool)
    assert await courier.deliver_due(soon()) == {"delivered": 1}
    assert len(await mails(pool)) == 1


@given(st.integers(1, MOST_TRIES), st.uuids())
def test_waits_grow_and_stay_within_bounds(tries: int, delivery_id: UUID) -> None:
    wait = wait_after(tries, delivery_id)
    assert timedelta(minutes=1) <= wait <= timedelta(hours=2.4)
    assert wait <= wait_after(tries + 1, delivery_id)
