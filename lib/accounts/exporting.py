"""Everything that is kept of a person, as data. It does not know how it is sent.

Whoever keeps something of a person adds to EXPORTERS; deleting the account deletes it, by reference.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from lib.accounts.changing import my_account
from lib.accounts.service import Accounts
from lib.db.pool import Pool
from lib.db.users.api_keys import keys_of
from lib.db.users.audit import entries, record
from lib.db.users.sessions import all_sessions_of, known_addresses_of
from lib.db.writing import transaction
from lib.domain.users import Origin

Exporter = Callable[[Pool, UUID], Awaitable[object]]
"""From a person to what is kept of them, as anything msgspec encodes."""

_PAGE = 1000


async def _sessions(pool: Pool, user_id: UUID) -> object:
    return [session._asdict() for session in await all_sessions_of(pool, user_id)]


async def _api_keys(pool: Pool, user_id: UUID) -> object:
    return [key._asdict() for key in await keys_of(pool, user_id)]


async def _known_addresses(pool: Pool, user_id: UUID) -> object:
    return [{"address": address, "last_at": last_at} for address, last_at in await known_addresses_of(pool, user_id)]


async def _audit(pool: Pool, user_id: UUID) -> object:
    found: list[dict[str, Any]] = []
    before: int | None = None
    while page := await entries(pool, limit=_PAGE, before=before, user_id=user_id):
        # what others did to the account is told, but not who they are or where they were
        found += [_own(entry._asdict(), user_id) for entry in page]
        before = page[-1].id
    return found


def _own(entry: dict[str, Any], user_id: UUID) -> dict[str, Any]:
    foreign = entry["actor_id"] not in (None, user_id)
    return entry | ({"actor_id": None, "address": None} if foreign else {})


EXPORTERS: dict[str, Exporter] = {
    "sessions": _sessions,
    "api_keys": _api_keys,
    "known_addresses": _known_addresses,
    "audit": _audit,
}


async def export_of(on: Accounts, user_id: UUID, origin: Origin) -> dict[str, Any]:
    """All of it, by kind. No secret is part of it: hashes are ours."""
    holder = await my_account(on, user_id)
    async with transaction(on.pool) as conn:
        await record(conn, "account.exported", origin, user_id)
    told = holder._asdict()
    del told["password_hash"]
    found = {name: await export(on.pool, user_id) for name, export in EXPORTERS.items()}
    return {"exported_at": datetime.now(UTC), "account": told, **found}
