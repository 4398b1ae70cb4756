"""Empties the outbox of alerts: tries what is due, by webhook or by mail, and writes what came of it.

At least once: a try whose result could not be written is made again, with the same id. A receiver that never answers
is tried for about ten hours; then the delivery is given up, the alert is paused, and its owner told by mail. What a
receiver says beyond its status is not kept, and nobody is shown it.
"""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Literal, NamedTuple
from uuid import UUID

from lib.alerts.letters import FIRED, PAUSED, TEST, letter_values
from lib.alerts.payload import payload
from lib.alerts.secrets import secret_of
from lib.db.alerts.deliveries import (
    Delivery,
    claim_delivery,
    finish_delivery,
    lock_owner,
    pause_unheard,
    postpone_delivery,
    was_heard_since,
)
from lib.db.mails import queue_mail
from lib.db.pool import Pool
from lib.db.writing import transaction
from lib.errors import NotDelivered, TargetRefused
from lib.keyring.ring import Keyring
from lib.logs import get_logger
from lib.webhooks.sending import Sender
from lib.webhooks.signing import signed_headers

log = get_logger(__name__)

LEASE = timedelta(minutes=5)
AT_ONCE = 16
MOST_TRIES = 12

_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=2)

_NO_ADDRESS = "The mail address is not verified."
_DISABLED = "The account is disabled."
_UNSIGNED = (
    "The key behind its secret is not known where webhooks are sent from: rotate the secret. "
    "Where that does not help, tell whoever runs this installation."
)
_SAME_KEYS = (
    "What sends webhooks needs the keys of the API: the same INSITECHART_SECRET_KEYS or _FILE, or the same home folder."
)


class Tried(NamedTuple):
    """What a try came to: `later` means that there will be another. `status` is what a receiver answered, if it did;
    `reason` is empty where all went well.
    """

    outcome: Literal["delivered", "later", "failed", "dropped"]
    status: int | None = None
    reason: str = ""


def wait_after(tries: int, delivery_id: UUID) -> timedelta:
    """How long to wait after so many tries in vain: twice as long each time, and up to a fifth more, so that what fell
    due together does not come back together.
    """
    wait = min(_FIRST_WAIT * (1 << (tries - 1)), _LONGEST_WAIT)
    return wait * (1 + delivery_id.int % 1000 / 5000)


class Courier:
    """Delivers for one installation. May work beside others, in other processes."""

    def __init__(self, pool: Pool, sender: Sender, keyring: Keyring) -> None:
        self._pool = pool
        self._sender = sender
        self._keyring = keyring

    async def deliver_due(self, until: datetime) -> Counter[str]:
        """Tries what is due, several at once, until nothing is or `until` (UTC) has come. Returns outcomes counted."""
        outcomes: Counter[str] = Counter()

        async def work() -> None:
            while (now := datetime.now(UTC)) < until:
                async with transaction(self._pool) as conn:
                    delivery = await claim_delivery(conn, now, LEASE)
                if delivery is None:
                    return
                outcomes[(await self._try(delivery)).outcome] += 1

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(work())
        return outcomes

    async def deliver_now(self, delivery_id: UUID) -> Tried:
        """Tries one delivery; it is left to others where it cannot be claimed."""
        async with transaction(self._pool) as conn:
            delivery = await claim_delivery(conn, datetime.now(UTC), LEASE, only=delivery_id)
        return await self._try(delivery) if delivery else Tried("later", reason="Others of yours are under way.")

    async def _try(self, delivery: Delivery) -> Tried:
        if not delivery.is_in_force:
            tried = await self._drop(delivery, _DISABLED)
        else:
            tried = await (self._mail(delivery) if delivery.channel == "email" else self._post(delivery))
        if tried.outcome not in ("delivered", "dropped"):
            log.info("alert not delivered", delivery=str(delivery.id), outcome=tried.outcome, reason=tried.reason)
        return tried

    async def _drop(self, delivery: Delivery, reason: str) -> Tried:
        async with transaction(self._pool) as conn:
            await finish_delivery(conn, delivery, "dropped", datetime.now(UTC), reason=reason)
        return Tried("dropped", reason=reason)

    async def _mail(self, delivery: Delivery) -> Tried:
        if not delivery.may_be_mailed:
            return await self._drop(delivery, _NO_ADDRESS)
        async with transaction(self._pool) as conn:
            await lock_owner(conn, delivery)
            if await finish_delivery(conn, delivery, "delivered", datetime.now(UTC)):
                template = TEST if delivery.firing is None else FIRED
                values = letter_values(delivery)
                await queue_mail(conn, template, delivery.email, locale=delivery.locale, **values)
        return Tried("delivered")

    async def _post(self, delivery: Delivery) -> Tried:
        assert delivery.url is not None
        known = [secret_of(self._keyring, delivery.alert_id, secret) for secret in delivery.secrets]
        secrets = [secret for secret in known if secret is not None]
        if not secrets:
            log.warning("no key to sign a webhook with", key=delivery.secrets[0].key_id, hint=_SAME_KEYS)
            return await self._not_delivered(delivery, None, _UNSIGNED)
        body = payload(delivery)
        headers = signed_headers(str(delivery.id), datetime.now(UTC), body, secrets)
        try:
            answer = await self._sender.send(delivery.url, body, headers)
        except (NotDelivered, TargetRefused) as error:
            return await self._not_delivered(delivery, None, str(error))
        if not 200 <= answer.status < 300:
            return await self._not_delivered(delivery, answer.status, f"It answered {answer.status}.")
        async with transaction(self._pool) as conn:
            await finish_delivery(conn, delivery, "delivered", datetime.now(UTC), status=answer.status)
        return Tried("delivered", answer.status)

    async def _not_delivered(self, delivery: Delivery, status: int | None, reason: str) -> Tried:
        now = datetime.now(UTC)
        is_over = delivery.firing is None or delivery.tries >= MOST_TRIES or status == HTTPStatus.GONE
        if not is_over:
            async with transaction(self._pool) as conn:
                again = now + wait_after(delivery.tries, delivery.id)
                await postpone_delivery(conn, delivery, again, status=status, reason=reason)
            return Tried("later", status, reason)
        async with transaction(self._pool) as conn:
            await lock_owner(conn, delivery)
            ended = await finish_delivery(conn, delivery, "failed", now, status=status, reason=reason)
            if ended and delivery.firing is not None and not await was_heard_since(conn, delivery):
                paused = await pause_unheard(conn, delivery, now, f"Nothing could be delivered any more: {reason}")
                if paused and delivery.may_be_mailed:
                    values = letter_values(delivery, reason=reason)
                    await queue_mail(conn, PAUSED, delivery.email, locale=delivery.locale, **values)
        return Tried("failed", status, reason)
