"""Letters whose content is known only when they are sent: signed links, and whether there is an account at all.

Whoever asks for one queues it for any address alike. So neither the answer nor its time says who has an account.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from lib.accounts.mailed import write_link
from lib.db.mails import Queued
from lib.db.pool import Connection
from lib.db.users.accounts import account_with
from lib.db.users.links import LinkPurpose, add_link, delete_registrations, link_of, registrations_of
from lib.keyring.ring import Keyring
from lib.mail.postman import Prepare
from lib.mail.writing import Letter

LASTS: dict[LinkPurpose, timedelta] = {
    "register": timedelta(hours=24),
    "email": timedelta(hours=24),
    "reset": timedelta(hours=1),
}


def prepared(keyring: Keyring, base: str) -> Mapping[str, Prepare]:
    """How each template of accounts is made ready; links begin with `base`."""

    def with_link(queued: Queued, purpose: LinkPurpose, link_id: UUID, expires_at: datetime) -> Letter:
        token = write_link(keyring, purpose, link_id, expires_at)
        values = {
            # behind the # it reaches neither a server's log nor another page
            "link": f"{base}/account#{token}",
            "token": token,
            "hours": str(round(LASTS[purpose].total_seconds() / 3600)),
        }
        return Letter(purpose, queued.address, queued.locale, values)

    async def register(conn: Connection, queued: Queued) -> Letter | None:
        if await account_with(conn, queued.address) is not None:
            await delete_registrations(conn, queued.address)
            return Letter("already-registered", queued.address, queued.locale, {"base": base})
        found = await link_of(conn, UUID(queued.content["link"]))
        return with_link(queued, "register", *found) if found else None

    async def resend(conn: Connection, queued: Queued) -> Letter | None:
        waiting = await registrations_of(conn, queued.address)
        return with_link(queued, "register", *waiting[0]) if waiting else None

    async def reset(conn: Connection, queued: Queued) -> Letter | None:
        account = await account_with(conn, queued.address)
        if account is None or account.disabled_at is not None:
            return None
        link = await add_link(
            conn, "reset", account.email, lasts=LASTS["reset"], locale=account.locale, user_id=account.id
        )
        return with_link(queued, "reset", *link)

    async def email(conn: Connection, queued: Queued) -> Letter | None:
        if await account_with(conn, queued.address) is not None:
            return Letter("already-registered", queued.address, queued.locale, {"base": base})
        found = await link_of(conn, UUID(queued.content["link"]))
        return with_link(queued, "email", *found) if found else None

    async def told(conn: Connection, queued: Queued) -> Letter | None:
        return Letter(queued.template, queued.address, queued.locale, {"base": base})

    plain = ("email-asked", "email-changed", "email-confirmed", "password-changed", "session-reuse", "account-deleted")
    return {
        "register": register,
        "resend": resend,
        "reset": reset,
        "email": email,
        **dict.fromkeys(plain, told),
    }
