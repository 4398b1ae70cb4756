"""What an admin, or somebody at a terminal, does to other people's accounts. Everything is audited."""

from uuid import UUID

from lib.accounts.registering import email_field, password_field
from lib.accounts.service import Accounts
from lib.db.pool import Connection
from lib.db.users.accounts import (
    Account,
    add_account,
    govern_alone,
    has_other_admin,
    locked_account,
    set_disabled,
    set_role,
)
from lib.db.users.audit import record
from lib.db.users.sessions import end_sessions
from lib.db.writing import transaction
from lib.domain.users import Locale, Origin, Role
from lib.errors import Conflict, NotThere


async def govern(
    on: Accounts, user_id: UUID, origin: Origin, *, role: Role | None = None, disabled: bool | None = None
) -> Account:
    """Gives a role, disables or enables; None leaves either. Every token of the account is over, its sessions end when
    it is disabled.

    Raises NotThere, and Conflict where nobody would be an admin any more or somebody would change themselves.
    """
    if user_id == origin.actor_id:
        raise Conflict("Nobody changes their own role, or disables themselves.", hint="Ask another admin.")
    async with transaction(on.pool) as conn:
        changed = await _governed(conn, user_id, origin, role, disabled)
    on.authenticator.forget()
    return changed


async def _governed(
    conn: Connection, user_id: UUID, origin: Origin, role: Role | None, disabled: bool | None
) -> Account:
    await govern_alone(conn)
    found = await locked_account(conn, user_id)
    if found is None:
        raise NotThere("There is no such account.", hint="See them: GET /api/v1/operations/users")
    loses_admin = found.role == "admin" and found.disabled_at is None and (role not in (None, "admin") or disabled)
    if loses_admin and not await has_other_admin(conn, user_id):
        raise Conflict("This is the last admin.", hint="Make another one first.")
    if role is not None and role != found.role:
        await set_role(conn, user_id, role)
        await record(conn, "role.changed", origin, user_id, before=found.role, after=role)
    if disabled is not None and disabled != (found.disabled_at is not None):
        await set_disabled(conn, user_id, disabled=disabled)
        ended = await end_sessions(conn, user_id, "admin") if disabled else 0
        await record(conn, "account.disabled" if disabled else "account.enabled", origin, user_id, sessions=ended)
    changed = await locked_account(conn, user_id)
    assert changed is not None
    return changed


async def create_account(
    on: Accounts, email: str, password: str, origin: Origin, *, role: Role, locale: Locale = "en"
) -> UUID:
    """An account without a mailed link, from the terminal. Raises BadField, and Conflict where there is one."""
    address = email_field(email)
    password_hash = await on.passwords.hash(password_field(password, address))
    async with transaction(on.pool) as conn:
        user_id = await add_account(conn, address, password_hash, role=role, locale=locale)
        if user_id is None:
            raise Conflict("This address has an account already.", hint="Change its role: insitechart users set-role")
        await record(conn, "account.created", origin, user_id, role=role)
    return user_id
