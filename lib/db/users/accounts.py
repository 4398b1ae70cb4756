"""Accounts: who there is, and what changes about them. It does not know what a change means for sessions or mails."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from lib.db.pool import Connection, Pool
from lib.db.reading import read_row, read_rows
from lib.domain.users import Locale, Role
from lib.errors import Unauthorized

_SELECT = """
SELECT id, email, password_hash, role, locale, generation, created_at, verified_at, password_changed_at, disabled_at
FROM users
"""

_BY_ID = f"{_SELECT} WHERE id = $1"

_BY_EMAIL = f"{_SELECT} WHERE email = $1"

_LOCKED = f"{_SELECT} WHERE id = $1 FOR UPDATE"

_PAGE = f"""
{_SELECT}
WHERE (created_at, id)
    < (coalesce($1, 'infinity'::timestamptz), coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
  AND ($3::text IS NULL OR email = $3)
ORDER BY created_at DESC, id DESC
LIMIT $4
"""

_ADD = """
INSERT INTO users (email, password_hash, role, locale, verified_at) VALUES ($1, $2, $3, $4, now())
ON CONFLICT (email) DO NOTHING
RETURNING id
"""

_SET_LOCALE = "UPDATE users SET locale = $2 WHERE id = $1"

_SET_HASH = "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2"

_RENEW = """
UPDATE users SET password_hash = $2, password_changed_at = now(), generation = generation + 1 WHERE id = $1
"""

_SET_EMAIL = """
UPDATE users SET email = $2, generation = generation + 1
WHERE id = $1 AND NOT EXISTS (SELECT FROM users WHERE email = $2)
RETURNING id
"""

_SET_ROLE = "UPDATE users SET role = $2, generation = generation + 1 WHERE id = $1"

_SET_DISABLED = """
UPDATE users SET disabled_at = CASE WHEN $2 THEN now() END, generation = generation + 1 WHERE id = $1
"""

_IN_LINE = "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE"

# two who depose each other would each wait for the other
_GOVERNING = "SELECT pg_advisory_xact_lock(hashtext('insitechart roles of accounts'))"

_OTHER_ADMINS = "SELECT id FROM users WHERE role = 'admin' AND disabled_at IS NULL AND id <> $1 FOR UPDATE"

_DELETE = "DELETE FROM users WHERE id = $1"


class Account(NamedTuple):
    """An account. Times are UTC; `generation` grows with each change that ends every token of it."""

    id: UUID
    email: str
    password_hash: str
    role: Role
    locale: Locale
    generation: int
    created_at: datetime
    verified_at: datetime | None
    password_changed_at: datetime
    disabled_at: datetime | None

    def __repr__(self) -> str:
        return f"Account({self.id})"


async def account(pool: Pool, user_id: UUID) -> Account | None:
    """The account with this id. Raises as read_rows, as all reads here do."""
    row = await read_row(pool, _BY_ID, user_id)
    return Account(*row) if row else None


async def account_of(pool: Pool, email: str) -> Account | None:
    """The account with this e-mail address, in lower case."""
    row = await read_row(pool, _BY_EMAIL, email)
    return Account(*row) if row else None


async def account_by(conn: Connection, user_id: UUID) -> Account | None:
    """The account with this id, inside a transaction."""
    row = await conn.fetchrow(_BY_ID, user_id)
    return Account(*row) if row else None


async def account_with(conn: Connection, email: str) -> Account | None:
    """The account with this e-mail address, inside a transaction."""
    row = await conn.fetchrow(_BY_EMAIL, email)
    return Account(*row) if row else None


async def accounts(
    pool: Pool, *, limit: int, before: tuple[datetime, UUID] | None = None, email: str | None = None
) -> list[Account]:
    """At most `limit` accounts, the newest first, older than `before`: (created_at, id) of the last one seen."""
    created_at, user_id = before or (None, None)
    return [Account(*row) for row in await read_rows(pool, _PAGE, created_at, user_id, email, limit)]


async def locked_account(conn: Connection, user_id: UUID) -> Account | None:
    """The account, which nobody else changes until the transaction ends."""
    row = await conn.fetchrow(_LOCKED, user_id)
    return Account(*row) if row else None


async def stand_in_line(conn: Connection, user_id: UUID) -> None:
    """Waits for whoever else adds something of this person: only one after the other is a limit exact. Raises
    Unauthorized where the person is gone: who asked was known for a moment longer.
    """
    if await conn.fetchval(_IN_LINE, user_id) is None:
        raise account_gone()


def account_gone() -> Unauthorized:
    """What is said to a token or a key whose account was deleted a moment ago."""
    return Unauthorized("This account is not there any more.", refused=True)


async def govern_alone(conn: Connection) -> None:
    """Until the transaction ends nobody else gives roles or disables."""
    await conn.execute(_GOVERNING)


async def add_account(
    conn: Connection, email: str, password_hash: str, *, role: Role = "user", locale: Locale = "en"
) -> UUID | None:
    """A new account whose address is proved. None where the address has one already."""
    found: UUID | None = await conn.fetchval(_ADD, email, password_hash, role, locale)
    return found


async def set_locale(conn: Connection, user_id: UUID, locale: Locale) -> None:
    """The language in which mails are written."""
    await conn.execute(_SET_LOCALE, user_id, locale)


async def renew_hash(conn: Connection, user_id: UUID, old: str, new: str) -> None:
    """Replaces the hash of the same password; does nothing where the password has changed since."""
    await conn.execute(_SET_HASH, user_id, old, new)


async def set_password(conn: Connection, user_id: UUID, password_hash: str) -> None:
    """A new password: every access token of the account is over."""
    await conn.execute(_RENEW, user_id, password_hash)


async def set_email(conn: Connection, user_id: UUID, email: str) -> bool:
    """A new, proved address; every access token is over. False where another account has it."""
    try:
        # undone by itself where somebody else gets the address at the same moment
        async with conn.transaction():
            return await conn.fetchval(_SET_EMAIL, user_id, email) is not None
    except asyncpg.UniqueViolationError:
        return False


async def set_role(conn: Connection, user_id: UUID, role: Role) -> None:
    """A new role: every access token is over."""
    await conn.execute(_SET_ROLE, user_id, role)


async def set_disabled(conn: Connection, user_id: UUID, *, disabled: bool) -> None:
    """Disables or enables: every access token is over."""
    await conn.execute(_SET_DISABLED, user_id, disabled)


async def has_other_admin(conn: Connection, user_id: UUID) -> bool:
    """Whether somebody else is an admin, and stays one until the transaction ends."""
    return bool(await conn.fetch(_OTHER_ADMINS, user_id))


async def delete_account(conn: Connection, user_id: UUID) -> None:
    """Deletes the account and, by the references to it, all that is kept of the person."""
    await conn.execute(_DELETE, user_id)
