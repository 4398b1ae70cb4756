"""What a person changes about their account: password, address, language, and that it is there. It does not know HTTP.

Whatever a thief of a token would want is asked for with the password again.
"""

from uuid import UUID

from lib.accounts.letters import LASTS
from lib.accounts.mailed import read_link
from lib.accounts.proving import is_unchanged, may_mail, prove
from lib.accounts.registering import email_field, password_field, queue_for_anyone
from lib.accounts.service import Accounts
from lib.accounts.throttling import export_throttle, mail_throttles, throttles
from lib.db.mails import delete_mails_to, queue_mail
from lib.db.pool import Connection
from lib.db.users.accounts import (
    Account,
    account,
    account_by,
    account_gone,
    delete_account,
    locked_account,
    set_locale,
    set_password,
)
from lib.db.users.api_keys import delete_keys
from lib.db.users.audit import forget_person, record
from lib.db.users.links import add_link, delete_link, delete_links, delete_registrations, take_link
from lib.db.users.sessions import end_sessions, know_address
from lib.db.users.throttles import forget_failures
from lib.db.writing import transaction
from lib.domain.users import Locale, Origin, Principal
from lib.errors import Forbidden, WrongCredentials


async def my_account(on: Accounts, user_id: UUID) -> Account:
    """The person's account. Raises Unauthorized where it was deleted a moment ago."""
    found = await account(on.pool, user_id)
    if found is None:
        raise account_gone()
    return found


async def confirmed(on: Accounts, principal: Principal, password: str, origin: Origin) -> Account:
    """The account of who asks, once the password was given again. Raises Forbidden, Throttled or Overloaded."""
    holder = await my_account(on, principal.user_id)
    if not await prove(on, holder.email, holder, password, origin):
        raise _not_right()
    return holder


async def speak(on: Accounts, user_id: UUID, locale: Locale) -> None:
    """Mails are written in `locale` from now on."""
    async with transaction(on.pool) as conn:
        await set_locale(conn, user_id, locale)


async def change_password(
    on: Accounts, principal: Principal, password: str, chosen: str, origin: Origin, *, end_api_keys: bool
) -> None:
    """Another password; every other session ends, and the access tokens of this one, too, which refreshes them.

    Raises as confirmed, and BadField.
    """
    holder = await confirmed(on, principal, password, origin)
    new = await on.passwords.hash(password_field(chosen, holder.email, "new_password"))
    async with transaction(on.pool) as conn:
        if not await is_unchanged(conn, holder):
            raise _not_right()
        await _renew(conn, holder, new, origin, "password.changed", but=principal.session_id, end_api_keys=end_api_keys)
    on.authenticator.forget()
    on.postman.call()


async def ask_for_reset(on: Accounts, email: str, locale: Locale) -> None:
    """Mails a link by which a new password is chosen, if there is an account. Raises BadField."""
    await queue_for_anyone(on, "reset", email, locale)


async def reset_password(on: Accounts, token: str, chosen: str, origin: Origin, *, end_api_keys: bool) -> None:
    """Another password by a mailed link: every session ends. Failures of others do not lock this address out then.

    Raises WrongCredentials for a link that does not hold, BadField (the link then still holds), and Overloaded.
    """
    read = read_link(on.keyring, token)
    if read is None or read[0] != "reset":
        raise _no_link()
    async with transaction(on.pool) as conn:
        link = await take_link(conn, read[1], "reset")
        holder = await account_by(conn, link.user_id) if link and link.user_id else None
    if link is None or holder is None or holder.disabled_at is not None:
        raise _no_link()
    new = await on.passwords.hash(password_field(chosen, holder.email, "new_password"))
    async with transaction(on.pool) as conn:
        # the account first, as who deletes it does; whoever comes second with the same link finds it gone
        holder = await locked_account(conn, holder.id)
        if holder is None or holder.disabled_at is not None or await take_link(conn, link.id, "reset") is None:
            raise _no_link()
        await delete_link(conn, link.id)
        await _renew(conn, holder, new, origin, "password.reset", but=None, end_api_keys=end_api_keys)
        keys = throttles(holder.email, origin.address)
        await forget_failures(conn, [keys.pair, keys.account])
        await know_address(conn, holder.id, origin.address)
    on.authenticator.forget()
    on.postman.call()


async def ask_for_email(on: Accounts, principal: Principal, email: str, password: str, origin: Origin) -> None:
    """Mails a link to the new address, and tells the old one. Raises as confirmed, and BadField."""
    address = email_field(email)
    holder = await confirmed(on, principal, password, origin)
    async with transaction(on.pool) as conn:
        if not await is_unchanged(conn, holder):
            raise _not_right()
        await delete_links(conn, holder.id, "email")
        if await may_mail(conn, "email", address):
            link_id, _ = await add_link(
                conn, "email", address, lasts=LASTS["email"], locale=holder.locale, user_id=holder.id
            )
            await queue_mail(conn, "email", address, locale=holder.locale, link=link_id)
            await queue_mail(conn, "email-asked", holder.email, locale=holder.locale)
        await record(conn, "email.change_asked", origin, holder.id)
    on.postman.call()


async def delete_me(on: Accounts, principal: Principal, password: str, origin: Origin) -> None:
    """Deletes the account and everything that is kept of the person. Raises as confirmed."""
    holder = await confirmed(on, principal, password, origin)
    async with transaction(on.pool) as conn:
        if not await is_unchanged(conn, holder):
            raise _not_right()
        await delete_mails_to(conn, holder.email)
        await delete_registrations(conn, holder.email)
        keys = throttles(holder.email, origin.address)
        await forget_failures(
            conn, [keys.pair, keys.account, *mail_throttles(holder.email), export_throttle(holder.id)]
        )
        await delete_account(conn, holder.id)
        await record(conn, "account.deleted", origin, holder.id)
        await forget_person(conn, holder.id)
        await queue_mail(conn, "account-deleted", holder.email, locale=holder.locale)
    on.authenticator.forget()
    on.postman.call()


async def _renew(
    conn: Connection,
    holder: Account,
    password_hash: str,
    origin: Origin,
    action: str,
    *,
    but: UUID | None,
    end_api_keys: bool,
) -> None:
    await set_password(conn, holder.id, password_hash)
    sessions = await end_sessions(conn, holder.id, "password", but=but)
    api_keys = await delete_keys(conn, holder.id) if end_api_keys else 0
    await delete_links(conn, holder.id, "reset")
    await delete_links(conn, holder.id, "email")
    await record(conn, action, origin, holder.id, sessions=sessions, api_keys=api_keys)
    await queue_mail(conn, "password-changed", holder.email, locale=holder.locale)


def _not_right() -> Forbidden:
    return Forbidden("The password is not right.", hint="Send the account's present password.")


def _no_link() -> WrongCredentials:
    return WrongCredentials(
        "The link is not valid, or not any more.", hint="Ask for another one: POST /api/v1/users/password/reset"
    )
