"""Empties the queue of mails, for as long as it runs. It does not know what a mail is about.

Templates that need more than their queued values (a signed link, whether there is an account at all) are prepared when
they are sent, so that no secret stands in the queue and asking for a mail takes as long whether it will be sent or not.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from lib.db.mails import Outcome, Queued, close_mail, take_mails, try_later
from lib.db.pool import Connection, Pool
from lib.db.writing import transaction
from lib.errors import DatabaseError, MailError
from lib.logs import get_logger
from lib.mail.transports import Transport
from lib.mail.writing import Letter, write_mail
from lib.metrics import MAILS

log = get_logger(__name__)

Prepare = Callable[[Connection, Queued], Awaitable[Letter | None]]
"""From a queued mail to what is said to whom; None where nothing is to be said."""

LEASE = timedelta(minutes=5)
AT_ONCE = 10
LOOK_EVERY_S = 5.0

_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=2)
# a little over a day of trying
MOST_TRIES = 18


def wait_after(tries: int) -> timedelta:
    """How long to wait after so many tries in vain.

    >>> [wait_after(tries).seconds for tries in (1, 2, 3, 9)]
    [60, 120, 240, 7200]
    """
    return min(_LONGEST_WAIT, _FIRST_WAIT * (1 << min(tries - 1, 30)))


class Postman:
    """Sends what is queued in `pool` by `transport`; `prepared` says how some templates are made ready."""

    def __init__(
        self, pool: Pool, transport: Transport, *, sender: str, prepared: Mapping[str, Prepare] | None = None
    ) -> None:
        self._pool, self._transport, self._sender = pool, transport, sender
        self._prepared = prepared or {}
        self._called = asyncio.Event()

    def call(self) -> None:
        """Something was queued just now, in this process."""
        self._called.set()

    async def run(self) -> None:
        """Until cancelled. A database that is away is asked again later."""
        while True:
            self._called.clear()
            try:
                busy = await self.deliver()
            except DatabaseError as error:
                log.warning("mails wait for the database", error=str(error))
                busy = 0
            if busy < AT_ONCE:
                try:
                    await asyncio.wait_for(self._called.wait(), LOOK_EVERY_S)
                except TimeoutError:
                    continue

    async def deliver(self) -> int:
        """Tries what is due now, a few at once; how many there were. Raises as transaction."""
        taken = await take_mails(self._pool, limit=AT_ONCE, lease=LEASE)
        await asyncio.gather(*(self._deliver(queued) for queued in taken))
        return len(taken)

    async def _deliver(self, queued: Queued) -> None:
        try:
            letter = await self._letter(queued)
            if letter is not None:
                message = write_mail(letter, sender=self._sender, mail_id=queued.id, queued_at=queued.created_at)
                await self._transport.send(message)
        except MailError as error:
            if error.lasting or queued.tries >= MOST_TRIES:
                log.warning("mail given up", mail=queued.id, template=queued.template, error=str(error))
                await self._close(queued, "given_up")
                return
            log.warning("mail is tried later", mail=queued.id, template=queued.template, error=str(error))
            MAILS.labels("later").inc()
            await try_later(self._pool, queued.id, wait_after(queued.tries))
        except (KeyError, FileNotFoundError, ValueError) as error:
            # no template, or not its values: an error of ours that no waiting mends; what it says may name somebody
            log.warning("mail cannot be written", mail=queued.id, template=queued.template, error=type(error).__name__)
            await self._close(queued, "given_up")
        else:
            await self._close(queued, "sent" if letter is not None else "not_wanted")

    async def _letter(self, queued: Queued) -> Letter | None:
        prepare = self._prepared.get(queued.template)
        if prepare is None:
            values = {name: str(value) for name, value in queued.content.items()}
            return Letter(queued.template, queued.address, queued.locale, values)
        async with transaction(self._pool) as conn:
            return await prepare(conn, queued)

    async def _close(self, queued: Queued, outcome: Outcome) -> None:
        MAILS.labels(outcome).inc()
        async with transaction(self._pool) as conn:
            await close_mail(conn, queued.id, outcome)
