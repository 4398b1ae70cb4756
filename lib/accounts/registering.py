"""Registering, and following the mailed link. It does not know how a link looks, nor when it is mailed.

Nothing that is answered here says whether an address has an account: a registration is kept beside the accounts until
its link is followed by somebody who also knows the password. So who registers a foreign address gains nothing, and
whoever follows a link that somebody else caused cannot be led into an account with a password of theirs.
"""

from lib.accounts.emails import ACCEPTED as ACCEPTED_EMAIL
from lib.accounts.emails import parse_email
from lib.accounts.letters import LASTS
from lib.accounts.mailed import read_link
from lib.accounts.passwords import ACCEPTED as ACCEPTED_PASSWORD
from lib.accounts.passwords import new_password, normalised
from lib.accounts.proving import is_unchanged, may_mail, prove
from lib.accounts.service import Accounts
from lib.accounts.throttling import Mail
from lib.db.mails import queue_mail
from lib.db.users.accounts import account, add_account, set_email
from lib.db.users.audit import record
from lib.db.users.links import Link, add_link, delete_link, delete_links, delete_registrations, take_link
from lib.db.writing import transaction
from lib.domain.users import Locale, Origin
from lib.errors import BadField, Conflict, Forbidden, WrongCredentials

# a link is tried with a password; who has the link of a foreign mailbox still has to guess that
_MOST_TRIES = 10


def email_field(text: str, field: str = "email") -> str:
    """`text` as an address. Raises BadField."""
    try:
        return parse_email(text)
    except ValueError as error:
        raise BadField(field, str(error), accepted=ACCEPTED_EMAIL) from None


def password_field(text: str, email: str, field: str = "password") -> str:
    """`text` as a new password of the account of `email`. Raises BadField, which does not repeat it."""
    try:
        return new_password(text, email)
    except ValueError as error:
        raise BadField(field, str(error), accepted=ACCEPTED_PASSWORD) from None


async def register(on: Accounts, email: str, password: str, locale: Locale, origin: Origin) -> None:
    """Mails a link that makes the account, or tells who has one that they do.

    Raises BadField, Overloaded, and Forbidden where people cannot register by themselves.
    """
    if not on.settings.registration:
        raise Forbidden("Nobody can register here by themselves.", hint="Ask whoever runs this installation.")
    address = email_field(email)
    password_hash = await on.passwords.hash(password_field(password, address))
    async with transaction(on.pool) as conn:
        if await may_mail(conn, "register", address):
            link_id, _ = await add_link(
                conn, "register", address, lasts=LASTS["register"], locale=locale, password_hash=password_hash
            )
            await queue_mail(conn, "register", address, locale=locale, link=link_id)
    on.postman.call()


async def resend(on: Accounts, email: str, locale: Locale) -> None:
    """Mails the link of the last registration of an address again, if there is one. Raises BadField."""
    await queue_for_anyone(on, "resend", email, locale)


async def queue_for_anyone(on: Accounts, template: Mail, email: str, locale: Locale) -> None:
    """Queues a mail that anybody may ask for, whoever reads there. Raises BadField."""
    address = email_field(email)
    async with transaction(on.pool) as conn:
        if await may_mail(conn, template, address):
            await queue_mail(conn, template, address, locale=locale)
    on.postman.call()


async def verify(on: Accounts, token: str, password: str, origin: Origin) -> str:
    """Follows a mailed link: a new account, or another address of one; the address. The password is asked for again.

    Raises WrongCredentials for a link that does not hold and a password that does not fit, Throttled, Overloaded, and
    Conflict where the address has got an account meanwhile.
    """
    read = read_link(on.keyring, token)
    if read is None or read[0] == "reset":
        raise _no_link()
    async with transaction(on.pool) as conn:
        link = await take_link(conn, read[1], read[0])
        if link is not None and link.tries > _MOST_TRIES:
            await delete_link(conn, link.id)
            link = None
    if link is None:
        raise _no_link()
    if link.purpose == "register":
        return await _registered(on, link, password, origin)
    return await _moved(on, link, password, origin)


async def _registered(on: Accounts, link: Link, password: str, origin: Origin) -> str:
    try:
        verdict = await on.passwords.check(normalised(password), link.password_hash)
    except ValueError:
        raise _no_fit() from None
    if not verdict.right:
        raise _no_fit()
    assert link.password_hash is not None
    async with transaction(on.pool) as conn:
        # whoever comes second with the same link finds it gone
        if await take_link(conn, link.id, "register") is None:
            raise _no_link()
        user_id = await add_account(conn, link.email, verdict.renewed or link.password_hash, locale=link.locale)
        await delete_registrations(conn, link.email)
        if user_id is not None:
            await record(conn, "account.created", origin, user_id)
    if user_id is None:
        raise Conflict("This address has an account already.", hint="Log in, or ask for a new password by mail.")
    return link.email


async def _moved(on: Accounts, link: Link, password: str, origin: Origin) -> str:
    assert link.user_id is not None
    holder = await account(on.pool, link.user_id)
    if holder is None or holder.disabled_at is not None:
        raise _no_link()
    if not await prove(on, holder.email, holder, password, origin):
        raise _no_fit()
    async with transaction(on.pool) as conn:
        # a password that was replaced meanwhile took the link with it
        if not await is_unchanged(conn, holder) or await take_link(conn, link.id, "email") is None:
            raise _no_link()
        moved = await set_email(conn, holder.id, link.email)
        if moved:
            await delete_links(conn, holder.id, "email")
            # who reads at the former address only is nobody any more
            await delete_links(conn, holder.id, "reset")
            await record(conn, "email.changed", origin, holder.id)
            await queue_mail(conn, "email-changed", holder.email, locale=holder.locale)
            await queue_mail(conn, "email-confirmed", link.email, locale=holder.locale)
    if not moved:
        raise Conflict("This address has an account already.", hint="Use another one.")
    on.authenticator.forget()
    on.postman.call()
    return link.email


def _no_link() -> WrongCredentials:
    return WrongCredentials(
        "The link is not valid, or not any more.", hint="Ask for another one: POST /api/v1/users/verify/resend"
    )


def _no_fit() -> WrongCredentials:
    return WrongCredentials("The password is not the one that was chosen.", hint="Try again, or register anew.")
