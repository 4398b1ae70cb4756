"""The audit table: appended to in the transaction of what it tells, read by page. It does not know why it is kept."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from lib.db.pool import Connection, Pool
from lib.db.reading import read_rows
from lib.domain.users import Actor, Origin

_RECORD = """
INSERT INTO audit (action, actor_id, actor, target_id, address, request_id, details)
VALUES ($1, $2, $3, $4, $5::text::inet, $6, $7::text::jsonb)
"""

_PAGE = """
SELECT id, at, action, actor_id, actor, target_id, host(address) AS address, request_id, details::text AS details
FROM audit
WHERE id < coalesce($1, 9223372036854775807) AND ($2::uuid IS NULL OR actor_id = $2 OR target_id = $2)
  AND ($3::text IS NULL OR action = $3)
ORDER BY id DESC
LIMIT $4
"""

_FORGET_PERSON = "UPDATE audit SET address = NULL WHERE address IS NOT NULL AND (actor_id = $1 OR target_id = $1)"


class Entry(NamedTuple):
    """One thing that was done (UTC). Ids may be those of accounts that are gone."""

    id: int
    at: datetime
    action: str
    actor_id: UUID | None
    actor: Actor
    target_id: UUID | None
    address: str | None
    request_id: str
    details: dict[str, Any]


async def record(
    conn: Connection, action: str, origin: Origin, target_id: UUID | None = None, **details: object
) -> None:
    """Appends an entry. `details` hold nothing of a person: no address, no name, no text of theirs."""
    told = msgspec.json.encode(details).decode()
    await conn.execute(
        _RECORD, action, origin.actor_id, origin.actor, target_id, origin.address, origin.request_id, told
    )


async def entries(
    pool: Pool, *, limit: int, before: int | None = None, user_id: UUID | None = None, action: str | None = None
) -> list[Entry]:
    """At most `limit` entries, the newest first, older than `before`; `user_id` did it or had it done to them."""
    rows = await read_rows(pool, _PAGE, before, user_id, action, limit)
    return [Entry(**{**row, "details": msgspec.json.decode(row["details"])}) for row in rows]


async def forget_person(conn: Connection, user_id: UUID) -> None:
    """Takes every address away from what the person did or had done to them."""
    await conn.execute(_FORGET_PERSON, user_id)
