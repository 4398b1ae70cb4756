"""Everything that is kept of a person, as data. It does not know how it is sent.

Whoever keeps something of a person adds to EXPORTERS; deleting the account deletes it, by reference.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from math import ceil
from typing import Any
from uuid import UUID

from lib.accounts.changing import my_account
from lib.accounts.service import Accounts
from lib.accounts.throttling import FORGET_AFTER, export_throttle, lock_for
from lib.db.alerts.alerts import alerts_of
from lib.db.alerts.history import all_firings_of
from lib.db.pool import Pool
from lib.db.users.api_keys import keys_of
from lib.db.users.audit import entries, record
from lib.db.users.sessions import all_sessions_of, known_addresses_of
from lib.db.users.throttles import attempt
from lib.db.watchlists import watchlists_of
from lib.db.writing import transaction
from lib.domain.alerts import digits
from lib.domain.users import Origin
from lib.errors import Throttled

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


async def _watchlists(pool: Pool, user_id: UUID) -> object:
    return [watchlist._asdict() for watchlist in await watchlists_of(pool, user_id)]


async def _alerts(pool: Pool, user_id: UUID) -> object:
    return [_in_digits(alert._asdict()) for alert in await alerts_of(pool, user_id)]


async def _alert_firings(pool: Pool, user_id: UUID) -> object:
    return [_in_digits(fired) for fired in await all_firings_of(pool, user_id)]


def _in_digits(told: dict[str, Any]) -> dict[str, Any]:
    return {name: digits(value) if isinstance(value, Decimal) else value for name, value in told.items()}


EXPORTERS: dict[str, Exporter] = {
    "sessions": _sessions,
    "api_keys": _api_keys,
    "known_addresses": _known_addresses,
    "audit": _audit,
    "watchlists": _watchlists,
    "alerts": _alerts,
    "alert_firings": _alert_firings,
}


async def export_of(on: Accounts, user_id: UUID, origin: Origin) -> dict[str, Any]:
    """All of it, by kind. No secret is part of it: hashes are ours. Raises Throttled where it is asked for again and
    again: each time is audited, and what is audited stays.
    """
    holder = await my_account(on, user_id)
    async with transaction(on.pool) as conn:
        counted = await attempt(
            conn, export_throttle(user_id), forget_after=FORGET_AFTER, lock_for=partial(lock_for, "export")
        )
        if counted.refused_for is not None:
            raise Throttled(
                "All of it was asked for too often.", retry_after_s=ceil(counted.refused_for.total_seconds())
            )
        await record(conn, "account.exported", origin, user_id)
    told = holder._asdict()
    del told["password_hash"]
    found = {name: await export(on.pool, user_id) for name, export in EXPORTERS.items()}
    return {"exported_at": datetime.now(UTC), "account": told, **found}
