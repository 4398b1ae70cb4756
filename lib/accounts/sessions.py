"""Logging in, exchanging refresh tokens, logging out. It does not know how tokens are sent.

A login is a family of refresh tokens of which one is good at a time: exchanging it makes the next. Whoever shows one
that was exchanged before has stolen it, or was stolen from, so the family ends. But an answer can be lost on the way,
and a button pressed twice: within GRACE_S the same token gets the same next one again, as long as that is not used. It
is made of the token itself, a salt and a key of ours, so nothing that could be stolen is kept for it.
"""

import hashlib
import hmac
import secrets
from typing import NamedTuple
from uuid import UUID

from lib.accounts.emails import parse_email
from lib.accounts.proving import is_unchanged, prove
from lib.accounts.secrets import REFRESH, hash_of, is_secret, new_secret, write_secret
from lib.accounts.service import Accounts
from lib.accounts.tokens import LASTS, Claims, issue_token, read_token
from lib.db.mails import queue_mail
from lib.db.pool import Connection
from lib.db.users.accounts import Account, account_by, account_of
from lib.db.users.audit import record
from lib.db.users.sessions import (
    Session,
    add_session,
    end_session,
    end_sessions,
    end_surplus,
    exchange,
    family_of,
    is_unused,
    session_is_of,
    sessions_of,
    token,
)
from lib.db.writing import transaction
from lib.domain.users import Origin, Principal
from lib.errors import NotThere, Unauthorized, WrongCredentials
from lib.metrics import LOGINS

GRACE_S = 10.0
MOST_SESSIONS = 100
_SALT_BYTES = 16


class Granted(NamedTuple):
    """What whoever logged in gets. `expires_in_s` is that of the access token."""

    access_token: str
    refresh_token: str
    expires_in_s: int

    def __repr__(self) -> str:
        return "Granted()"


async def log_in(on: Accounts, email: str, password: str, origin: Origin) -> Granted:
    """A new session. Raises WrongCredentials, Throttled or Overloaded, and each as soon for an address that has no
    account.
    """
    address = _as_email(email)
    found = await account_of(on.pool, address)
    if not await prove(on, address, found, password, origin) or found is None or found.disabled_at is not None:
        LOGINS.labels("wrong").inc()
        raise _no_fit()
    refresh = new_secret(REFRESH)
    origin = _by(origin, found.id)
    async with transaction(on.pool) as conn:
        if not await is_unchanged(conn, found):
            raise _no_fit()
        # who logs in again and again, and never out, keeps no more than a person could use
        surplus = await end_surplus(conn, found.id, most=MOST_SESSIONS - 1)
        session_id = await add_session(conn, found.id, hash_of(refresh), origin, days=on.settings.session_days)
        await record(conn, "login", origin, found.id, session=session_id)
    if surplus:
        on.authenticator.forget()
    LOGINS.labels("right").inc()
    return _granted(on, found, session_id, refresh)


async def refresh_session(on: Accounts, refresh: str, origin: Origin) -> Granted:
    """Exchanges a refresh token for a fresh pair. Raises WrongCredentials for one that does not hold."""
    granted = None
    if is_secret(REFRESH, refresh):
        async with transaction(on.pool) as conn:
            granted = await _exchanged(on, conn, refresh, origin)
    if granted is None:
        LOGINS.labels("refresh_refused").inc()
        # what was used up elsewhere has ended here, too
        on.authenticator.forget()
        on.postman.call()
        raise WrongCredentials("The refresh token is not valid, or not any more.", hint="Log in again.")
    return granted


async def log_out(on: Accounts, presented: str, origin: Origin) -> None:
    """Ends the session of a refresh or an access token; does nothing for one that does not hold."""
    if is_secret(REFRESH, presented):
        async with transaction(on.pool) as conn:
            family = await family_of(conn, hash_of(presented), idle_days=on.settings.session_idle_days)
            if family is not None:
                await _end(conn, family.id, _by(origin, family.user_id))
    else:
        try:
            claims = read_token(on.keyring, presented)
        except Unauthorized:
            return
        async with transaction(on.pool) as conn:
            await _end(conn, claims.session_id, _by(origin, claims.user_id))
    on.authenticator.forget()


async def end_one(on: Accounts, principal: Principal, session_id: UUID, origin: Origin) -> None:
    """Ends one of the person's sessions. Raises NotThere."""
    async with transaction(on.pool) as conn:
        if not await session_is_of(conn, session_id, principal.user_id):
            raise NotThere("There is no such session.", hint="See them: GET /api/v1/users/me/sessions")
        await _end(conn, session_id, origin)
    on.authenticator.forget()


async def end_others(on: Accounts, principal: Principal, origin: Origin) -> int:
    """Ends every session of the person but the one that asks; how many there were."""
    async with transaction(on.pool) as conn:
        ended = await end_sessions(conn, principal.user_id, "logout", but=principal.session_id)
        await record(conn, "sessions.ended", origin, principal.user_id, count=ended)
    on.authenticator.forget()
    return ended


async def list_sessions(on: Accounts, user_id: UUID) -> list[Session]:
    """The person's sessions that are not over, the last used first."""
    return await sessions_of(on.pool, user_id, idle_days=on.settings.session_idle_days)


async def _exchanged(on: Accounts, conn: Connection, refresh: str, origin: Origin) -> Granted | None:
    old = hash_of(refresh)
    family = await family_of(conn, old, idle_days=on.settings.session_idle_days)
    if family is None or not family.alive:
        return None
    holder = await account_by(conn, family.user_id)
    if holder is None or holder.disabled_at is not None:
        return None
    used = await token(conn, old)
    if used.used_at is None:
        key = on.keyring.signing
        salt = secrets.token_bytes(_SALT_BYTES)
        following = _following(key.derived("refresh-tokens"), salt, refresh)
        await exchange(conn, family.id, old, hash_of(following), salt=salt, key_id=key.id, origin=origin)
        return _granted(on, holder, family.id, following)
    assert used.used_for_s is not None
    assert used.salt is not None
    known = on.keyring.get(used.key_id or "")
    if known is not None and used.used_for_s <= GRACE_S:
        following = _following(known.derived("refresh-tokens"), used.salt, refresh)
        if await is_unused(conn, hash_of(following)):
            return _granted(on, holder, family.id, following)
    await end_session(conn, family.id, "reuse")
    await record(conn, "session.reuse", origin, holder.id, session=family.id)
    await queue_mail(conn, "session-reuse", holder.email, locale=holder.locale)
    return None


async def _end(conn: Connection, session_id: UUID, origin: Origin) -> None:
    if await end_session(conn, session_id, "logout"):
        await record(conn, "logout", origin, origin.actor_id, session=session_id)


def _following(key: bytes, salt: bytes, refresh: str) -> str:
    return write_secret(REFRESH, hmac.digest(key, salt + refresh.encode(), hashlib.sha256))


def _granted(on: Accounts, holder: Account, session_id: UUID, refresh: str) -> Granted:
    claims = Claims(holder.id, session_id, holder.role, holder.generation)
    return Granted(issue_token(on.keyring, claims), refresh, int(LASTS.total_seconds()))


def _no_fit() -> WrongCredentials:
    return WrongCredentials("The e-mail address and the password do not fit.", hint="Check both, and try again.")


def _as_email(text: str) -> str:
    """As parse_email; what is no address is nobody's, and is counted like one."""
    try:
        return parse_email(text)
    except ValueError:
        return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _by(origin: Origin, user_id: UUID) -> Origin:
    return Origin("user", user_id, origin.address, origin.request_id, origin.user_agent)
