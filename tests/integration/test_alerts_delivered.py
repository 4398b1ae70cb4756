"""The outbox at work: a real receiver on TLS, a real mail server, crashes in between, and who never answers."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import structlog.testing
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from lib.alerts.deliver import LEASE, MOST_TRIES, Courier, wait_after
from lib.alerts.secrets import secret_of
from lib.db.alerts.deliveries import MOST_OF_ONE_PERSON, Secret, claim_delivery
from lib.db.pool import Pool
from lib.keyring.keys import Keys, new_key
from lib.keyring.ring import Keyring
from lib.webhooks.addresses import Address
from lib.webhooks.sending import Sender, trust
from lib.webhooks.wall import Wall
from tests.servers.webhook import Authority, Receiver, receiving
from tests.support.alerts import add_alert, add_firing, add_user, deliveries
from tests.support.seed import add_symbol

KEY, OLD_KEY = new_key(datetime(2026, 3, 1, tzinfo=UTC)), new_key(datetime(2026, 2, 1, tzinfo=UTC))
LONG_AGO = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
async def receiver(authority: Authority) -> AsyncIterator[Receiver]:
    async with receiving(authority.server("hooks.example")) as opened:
        yield opened


@pytest.fixture
async def ada(pool: Pool) -> UUID:
    await add_symbol(pool, "AAPL")
    await add_symbol(pool, "005930.KS", "Samsung", currency="KRW")
    return await add_user(pool)


@pytest.fixture
def courier(pool: Pool, authority: Authority, receiver: Receiver, tmp_path: Path) -> Courier:
    async def here(_: str) -> Sequence[Address]:
        return [IPv4Address("127.0.0.1")]

    wall = Wall(ports=frozenset({receiver.port}), networks=(IPv4Network("127.0.0.1/32"),))
    sender = Sender(wall, timeout_s=2, trusted=trust(authority.write(tmp_path)), resolve=here)
    return Courier(pool, sender, Keyring(Keys((KEY, OLD_KEY))))


def url(receiver: Receiver, path: str = "/") -> str:
    return f"https://hooks.example:{receiver.port}{path}"


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=20)


async def fall_due(pool: Pool) -> None:
    """As if all waits, and all leases, were over."""
    await pool.execute(
        "UPDATE alert_deliveries SET next_try_at = $1, leased_until = NULL WHERE state = 'waiting'", LONG_AGO
    )


async def mails(pool: Pool) -> list[dict[str, Any]]:
    rows = await pool.fetch("SELECT template, address, locale, content::text AS content FROM mails ORDER BY id")
    return [dict(row) | {"content": json.loads(row["content"])} for row in rows]


def answering(*statuses: int) -> Any:
    """Answers with one status after the other, the last for ever."""
    left = list(statuses)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=left.pop(0) if len(left) > 1 else left[0])

    return answer


def is_signed(receiver: Receiver, secret: str, *, place: int = 0) -> bool:
    found = receiver.received[place]
    signed = f"{found.headers['InsiteChart-Timestamp']}.".encode() + found.body
    wanted = "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return wanted in found.headers["InsiteChart-Signature"].split(",")


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


@given(st.integers(1, MOST_TRIES), st.uuids())
def test_waits_grow_and_stay_within_bounds(tries: int, delivery_id: UUID) -> None:
    wait = wait_after(tries, delivery_id)
    assert timedelta(minutes=1) <= wait <= timedelta(hours=2.4)
    assert wait <= wait_after(tries + 1, delivery_id)
