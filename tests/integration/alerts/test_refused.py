"""Deliveries that do not arrive: receivers that are silent, gone or not to be reached, and keys that are lost."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import structlog.testing
from aiohttp import web

from lib.alerts.deliver import MOST_TRIES, Courier
from lib.db.alerts.deliveries import MOST_OF_ONE_PERSON
from lib.db.pool import Pool
from tests.servers.webhook import Receiver
from tests.support.alerts import add_alert, add_firing, add_user, deliveries
from tests.support.courier import KEY, LONG_AGO, answering, fall_due, mails, soon, url


async def test_a_disabled_account_sends_nothing_any_more(
    pool: Pool, ada: UUID, courier: Courier, receiver: Receiver
) -> None:
    for place in (url(receiver), None):
        await add_firing(pool, await add_alert(pool, ada, url=place, secret_key=KEY.id), LONG_AGO)
    await pool.execute("UPDATE users SET disabled_at = now()")
    assert await courier.deliver_due(soon()) == {"dropped": 2}
    assert receiver.received == []
    assert await mails(pool) == []


async def test_a_key_that_is_not_known_here_is_told_to_owner_and_operator(
    pool: Pool, ada: UUID, courier: Courier, receiver: Receiver
) -> None:
    alert = await add_alert(pool, ada, url=url(receiver), secret_key="20260101T000000Z-other")
    await add_firing(pool, alert, LONG_AGO)
    with structlog.testing.capture_logs() as lines:
        assert await courier.deliver_due(soon()) == {"later": 1}
    assert receiver.received == []
    [kept] = await deliveries(pool, alert)
    assert "rotate" in kept["reason"]
    assert "whoever runs this installation" in kept["reason"]
    [line] = [line for line in lines if line["log_level"] == "warning"]
    assert line["key"] == "20260101T000000Z-other"
    assert "INSITECHART_SECRET_KEYS" in line["hint"]


async def test_one_person_with_a_slow_receiver_does_not_keep_others_waiting(
    pool: Pool, ada: UUID, courier: Courier, receiver: Receiver
) -> None:
    go_on = asyncio.Event()

    async def some_hang(request: web.Request) -> web.Response:
        if request.path == "/slow":
            await go_on.wait()
        return web.Response()

    receiver.answer = some_hang
    slow = await add_alert(pool, ada, url=url(receiver, "/slow"), secret_key=KEY.id)
    for revision in range(40):
        await add_firing(pool, slow, LONG_AGO, revision=revision)
    bob = await add_user(pool, "bob@example.com")
    quick = await add_alert(pool, bob, url=url(receiver, "/quick"), secret_key=KEY.id)
    await add_firing(pool, quick, LONG_AGO + timedelta(days=1))
    under_way = asyncio.create_task(courier.deliver_due(datetime.now(UTC) + timedelta(seconds=1)))
    while not any(found.path == "/quick" for found in receiver.received):
        assert not under_way.done()
        await asyncio.sleep(0.01)
    assert sum(found.path == "/slow" for found in receiver.received) <= MOST_OF_ONE_PERSON
    go_on.set()
    await under_way


async def test_who_never_answers_is_paused_and_the_owner_told_by_mail(
    pool: Pool, ada: UUID, courier: Courier, receiver: Receiver
) -> None:
    receiver.answer = answering(503)
    alert = await add_alert(pool, ada, url=url(receiver), secret_key=KEY.id)
    await add_firing(pool, alert, LONG_AGO)
    await pool.execute("UPDATE alert_deliveries SET tries = $1", MOST_TRIES - 1)
    later = await add_firing(pool, alert, LONG_AGO + timedelta(hours=1), revision=2)
    await pool.execute("UPDATE alert_deliveries SET next_try_at = 'infinity' WHERE id = $1", later)
    assert await courier.deliver_due(soon()) == {"failed": 1}
    row = await pool.fetchrow("SELECT paused_at, pause_reason, version FROM alerts")
    assert row is not None
    assert row["paused_at"] is not None
    assert row["pause_reason"] == "Nothing could be delivered any more: It answered 503."
    assert row["version"] == 2
    first, second = await deliveries(pool, alert)
    assert (first["state"], first["reason"], first["status"]) == ("failed", "It answered 503.", 503)
    assert (second["state"], second["reason"]) == ("dropped", row["pause_reason"])
    [mail] = await mails(pool)
    assert (mail["template"], mail["address"], mail["locale"]) == ("alert-paused", "ada@example.com", "en")
    assert mail["content"]["reason"] == "It answered 503."


async def test_a_receiver_that_is_gone_for_good_is_not_asked_again(
    pool: Pool, ada: UUID, courier: Courier, receiver: Receiver
) -> None:
    receiver.answer = answering(410)
    alert = await add_alert(pool, ada, url=url(receiver), secret_key=KEY.id)
    await add_firing(pool, alert, LONG_AGO)
    assert await courier.deliver_due(soon()) == {"failed": 1}
    assert await pool.fetchval("SELECT paused_at IS NOT NULL FROM alerts")


async def test_one_delivery_given_up_among_others_pauses_nothing(
    pool: Pool, ada: UUID, courier: Courier, receiver: Receiver
) -> None:
    alert = await add_alert(pool, ada, url=url(receiver), secret_key=KEY.id)
    first = await add_firing(pool, alert, LONG_AGO)
    await add_firing(pool, alert, LONG_AGO, revision=2)
    await pool.execute("UPDATE alert_deliveries SET next_try_at = 'infinity' WHERE id = $1", first)
    assert await courier.deliver_due(soon()) == {"delivered": 1}
    receiver.answer = answering(503)
    await pool.execute("UPDATE alert_deliveries SET tries = $1 WHERE id = $2", MOST_TRIES - 1, first)
    await fall_due(pool)
    assert await courier.deliver_due(soon()) == {"failed": 1}
    assert await pool.fetchval("SELECT paused_at IS NULL FROM alerts")
    assert await mails(pool) == []


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("https://169.254.169.254:{port}/", "The host does not lead to the public internet."),
        ("https://hooks.example:9/", "The port 9 is not open to webhooks."),
    ],
)
async def test_what_must_not_be_reached_is_told_and_not_reached(
    pool: Pool, ada: UUID, courier: Courier, receiver: Receiver, place: str, reason: str
) -> None:
    alert = await add_alert(pool, ada, url=place.format(port=receiver.port), secret_key=KEY.id)
    await add_firing(pool, alert, LONG_AGO)
    assert await courier.deliver_due(soon()) == {"later": 1}
    [kept] = await deliveries(pool, alert)
    assert kept["reason"] == reason


async def test_a_secret_whose_key_is_gone_is_told(pool: Pool, ada: UUID, courier: Courier, receiver: Receiver) -> None:
    alert = await add_alert(pool, ada, url=url(receiver), secret_key="retired")
    await add_firing(pool, alert, LONG_AGO)
    assert await courier.deliver_due(soon()) == {"later": 1}
    [kept] = await deliveries(pool, alert)
    assert "rotate the secret" in kept["reason"]
    assert receiver.received == []


async def test_who_is_deleted_meanwhile_is_not_told(
    pool: Pool, ada: UUID, courier: Courier, receiver: Receiver
) -> None:
    async def deleting(_: web.Request) -> web.Response:
        await pool.execute("DELETE FROM users")
        return web.Response(status=410)

    receiver.answer = deleting
    alert = await add_alert(pool, ada, url=url(receiver), secret_key=KEY.id)
    await add_firing(pool, alert, LONG_AGO)
    assert await courier.deliver_due(soon()) == {"failed": 1}
    assert await mails(pool) == []
    assert await deliveries(pool, alert) == []
