"""Making, changing and deleting API keys. It does not know how one is presented."""

import unicodedata
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

from lib.accounts.changing import my_account
from lib.accounts.secrets import API_KEY, hash_of, new_secret, shown_of
from lib.accounts.service import Accounts
from lib.db.users.accounts import Account, stand_in_line
from lib.db.users.api_keys import ApiKey, add_key, change_key, delete_key, key_of, keys_of
from lib.db.users.audit import record
from lib.db.writing import transaction
from lib.domain.users import SCOPES, Origin, Principal, Scope
from lib.errors import BadField, Conflict, NotThere

MOST_KEYS = 50
LONGEST_LIFE = timedelta(days=3650)
_LONGEST_NAME = 80


async def make_key(
    on: Accounts,
    principal: Principal,
    name: str,
    scopes: Collection[Scope],
    expires_at: datetime | None,
    origin: Origin,
) -> tuple[ApiKey, str]:
    """A new key, and its secret, which is not to be had again. Raises BadField, and Conflict for one too many."""
    holder = await my_account(on, principal.user_id)
    name, wanted = _name(name), _scopes(scopes, holder)
    until = _until(expires_at)
    secret = new_secret(API_KEY)
    async with transaction(on.pool) as conn:
        # two requests side by side must not exceed the number together
        await stand_in_line(conn, holder.id)
        made = await add_key(
            conn,
            holder.id,
            hash_of(secret),
            prefix=shown_of(secret),
            name=name,
            scopes=wanted,
            expires_at=until,
            most=MOST_KEYS,
        )
        if made is None:
            raise Conflict(f"You have {MOST_KEYS} API keys already.", hint="Delete one that is not used.")
        await record(conn, "api_key.created", origin, holder.id, key=made.id, scopes=wanted)
    return made, secret


async def list_keys(on: Accounts, user_id: UUID) -> list[ApiKey]:
    """The person's keys, the newest first, without their secrets."""
    return await keys_of(on.pool, user_id)


async def get_key(on: Accounts, user_id: UUID, key_id: UUID) -> ApiKey:
    """One of the person's keys. Raises NotThere."""
    found = await key_of(on.pool, user_id, key_id)
    if found is None:
        raise _not_there()
    return found


async def edit_key(
    on: Accounts, principal: Principal, key_id: UUID, name: str | None, scopes: Collection[Scope] | None, origin: Origin
) -> ApiKey:
    """Another name or other scopes; None leaves either. Raises BadField and NotThere."""
    holder = await my_account(on, principal.user_id)
    new_name = None if name is None else _name(name)
    wanted = None if scopes is None else _scopes(scopes, holder)
    async with transaction(on.pool) as conn:
        changed = await change_key(conn, holder.id, key_id, name=new_name, scopes=wanted)
        if changed is None:
            raise _not_there()
        await record(conn, "api_key.changed", origin, holder.id, key=key_id, scopes=changed.scopes)
    on.authenticator.forget()
    return changed


async def drop_key(on: Accounts, principal: Principal, key_id: UUID, origin: Origin) -> None:
    """Deletes a key: it is refused at once here, and within seconds in every process. Raises NotThere."""
    async with transaction(on.pool) as conn:
        if not await delete_key(conn, principal.user_id, key_id):
            raise _not_there()
        await record(conn, "api_key.deleted", origin, principal.user_id, key=key_id)
    on.authenticator.forget()


def _name(text: str) -> str:
    name = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise BadField("name", "The name cannot be used.", accepted=f"1 to {_LONGEST_NAME} characters of one line")
    return name


def _scopes(scopes: Collection[Scope], holder: Account) -> list[Scope]:
    allowed = [scope for scope in SCOPES if scope != "operations" or holder.role != "user"]
    if not scopes or not set(scopes) <= set(allowed):
        raise BadField("scopes", "These scopes cannot be given.", accepted=f"at least one of {', '.join(allowed)}")
    return [scope for scope in SCOPES if scope in scopes]


def _until(expires_at: datetime | None) -> datetime | None:
    now = datetime.now(UTC)
    if expires_at is not None and not now < expires_at.astimezone(UTC) <= now + LONGEST_LIFE:
        raise BadField(
            "expires_at", "A key cannot end then.", accepted="a moment in the next ten years, or null for no end"
        )
    return expires_at


def _not_there() -> NotThere:
    return NotThere("There is no such API key.", hint="See them: GET /api/v1/users/me/api-keys")
