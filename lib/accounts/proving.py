"""Whether somebody knows a password, with failures counted before they happen. It does not know what follows from it.

An attempt is counted first and taken back when it was right: attempts side by side cannot outrun the count. Nobody's
password takes the same steps as a wrong one.
"""

from datetime import datetime, timedelta
from functools import partial
from math import ceil
from uuid import UUID

from lib.accounts.passwords import normalised
from lib.accounts.service import Accounts
from lib.accounts.throttling import FORGET_AFTER, Mail, Throttles, lock_for, mail_throttle, throttles
from lib.db.pool import Connection
from lib.db.users.accounts import Account, locked_account, renew_hash
from lib.db.users.audit import record
from lib.db.users.sessions import is_known_address
from lib.db.users.throttles import attempt, forget_failures, take_back
from lib.db.writing import transaction
from lib.domain.users import Origin
from lib.errors import Throttled

_NOBODY = UUID(int=0)


async def prove(on: Accounts, email: str, account: Account | None, password: str, origin: Origin) -> bool:
    """Whether `password` is that of `account`, which has `email`, or would have it if there were one.

    Raises Throttled where there were too many failures, Overloaded, and DatabaseUnavailable.
    """
    known = await is_known_address(on.pool, account.id if account else _NOBODY, origin.address)
    keys = throttles(email, origin.address)
    brought = await _count(on, keys, account, origin, known=known)
    try:
        text = normalised(password)
    except ValueError:
        text = ""
    verdict = await on.passwords.check(text, account.password_hash if account else None)
    if not verdict.right or account is None:
        return False
    async with transaction(on.pool) as conn:
        if verdict.renewed is not None:
            await renew_hash(conn, account.id, account.password_hash, verdict.renewed)
        # in the order in which attempts lock them, or two of a person at once would wait for each other
        await forget_failures(conn, [keys.pair])
        await take_back(conn, keys.address, brought.get(keys.address))
        await forget_failures(conn, [keys.account])
    return True


async def is_unchanged(conn: Connection, account: Account) -> bool:
    """Whether nothing that ends every token has happened to the account since it was read, nor will until the
    transaction ends. Checking a password takes a while, in which it may be replaced.
    """
    now = await locked_account(conn, account.id)
    return now is not None and now.disabled_at is None and now.generation == account.generation


async def may_mail(conn: Connection, mail: Mail, email: str) -> bool:
    """Whether an address may be sent one more mail that anybody can ask for; counts it."""
    key = mail_throttle(mail, email)
    counted = await attempt(conn, key, forget_after=FORGET_AFTER, lock_for=partial(lock_for, "mail"))
    return counted.refused_for is None


async def _count(
    on: Accounts, keys: Throttles, account: Account | None, origin: Origin, *, known: bool
) -> dict[bytes, datetime]:
    """Counts an attempt; the locks that it brought about, and until when."""
    # an error takes back what was counted: an attempt that is refused by one lock counts nowhere
    async with transaction(on.pool) as conn:
        locked: list[timedelta] = []
        brought: dict[bytes, datetime] = {}
        for counted, key in keys.counted(known=known).items():
            found = await attempt(conn, key, forget_after=FORGET_AFTER, lock_for=partial(lock_for, counted))
            if found.refused_for is not None:
                locked.append(found.refused_for)
            elif found.locked_until is not None:
                brought[key] = found.locked_until
                if account is not None:
                    await record(conn, "login.locked", origin, account.id, counted=counted)
        if locked:
            raise Throttled(
                "There were too many attempts.",
                retry_after_s=ceil(max(locked).total_seconds()),
                hint="Wait, or ask for a new password by mail: POST /api/v1/users/password/reset",
            )
    return brought
