"""What everything about accounts works with, opened and closed as one. It does not know HTTP, nor who calls it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from lib.accounts.authenticate import Authenticator
from lib.accounts.hashing import Passwords
from lib.accounts.letters import prepared
from lib.db.pool import Pool
from lib.db.users.housekeeping import tidy
from lib.errors import DatabaseError
from lib.keyring.ring import Keyring, load_keyring
from lib.logs import get_logger
from lib.mail.postman import Postman
from lib.mail.transports import transport_of
from lib.settings import Settings

log = get_logger(__name__)

NOTE_EVERY_S = 30.0
_TIDY_EVERY = 120


class Accounts(NamedTuple):
    """The pool, the keys, and those who check, identify and mail; and the rules that an operator sets."""

    pool: Pool
    keyring: Keyring
    passwords: Passwords
    authenticator: Authenticator
    postman: Postman
    settings: Settings

    @property
    def base(self) -> str:
        """Where people reach this installation."""
        return base_url(self.settings)


@asynccontextmanager
async def open_accounts(pool: Pool, settings: Settings, *, keeps: bool = True) -> AsyncIterator[Accounts]:
    """Opens it all. Where this process `keeps` accounts, mails are sent and old rows deleted until it is closed; else
    it only finds out who asks. Raises ConfigurationError.
    """
    keyring = load_keyring(settings)
    passwords = Passwords(
        memory_mib=settings.password_memory_mib, rounds=settings.password_rounds, workers=settings.password_workers
    )
    postman = Postman(
        pool,
        transport_of(settings),
        sender=settings.mail_from,
        prepared=prepared(keyring, base_url(settings)),
    )
    accounts = Accounts(pool, keyring, passwords, Authenticator(pool, keyring), postman, settings)
    beside = [asyncio.create_task(_keep_house(accounts, tidies=keeps))]
    if keeps:
        beside.append(asyncio.create_task(postman.run()))
    try:
        yield accounts
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        with contextlib.suppress(DatabaseError):
            await accounts.authenticator.note_uses()
        passwords.close()


def base_url(settings: Settings) -> str:
    """Where people reach this installation, as far as anybody has said."""
    host = f"[{settings.api_host}]" if ":" in settings.api_host else settings.api_host
    return settings.public_url or f"http://{host}:{settings.api_port}"


async def _keep_house(accounts: Accounts, *, tidies: bool) -> None:
    rounds = 0
    while True:
        try:
            if tidies and rounds % _TIDY_EVERY == 0:
                await tidy(accounts.pool, idle_days=accounts.settings.session_idle_days)
            await accounts.authenticator.note_uses()
        except DatabaseError as error:
            log.warning("housekeeping of accounts waits for the database", error=str(error))
        rounds += 1
        await asyncio.sleep(NOTE_EVERY_S)
