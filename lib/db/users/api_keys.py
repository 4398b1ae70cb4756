"""API keys, as hashes. It does not know what a key looks like."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from lib.db.pool import Connection, Pool
from lib.db.reading import read_row, read_rows
from lib.domain.users import Role, Scope

# the account's row is locked, so that no two requests together exceed the number
_ADD = """
INSERT INTO api_keys (user_id, key_hash, prefix, name, scopes, expires_at)
SELECT $1, $2, $3, $4, $5, $6
WHERE (SELECT count(*) FROM api_keys WHERE user_id = $1) < $7
RETURNING id, prefix, name, scopes, created_at, expires_at, last_used_at
"""

_SELECT = "SELECT id, prefix, name, scopes, created_at, expires_at, last_used_at FROM api_keys"

_LIST = f"{_SELECT} WHERE user_id = $1 ORDER BY created_at DESC, id DESC"

_GET = f"{_SELECT} WHERE user_id = $1 AND id = $2"

_RENAME = """
UPDATE api_keys SET name = coalesce($3, name), scopes = coalesce($4, scopes)
WHERE user_id = $1 AND id = $2 RETURNING id, prefix, name, scopes, created_at, expires_at, last_used_at
"""

_DELETE = "DELETE FROM api_keys WHERE user_id = $1 AND id = $2 RETURNING id"

_DELETE_ALL = "DELETE FROM api_keys WHERE user_id = $1 RETURNING id"

_HOLDER = """
SELECT k.id, k.user_id, u.role, k.scopes FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.key_hash = $1 AND u.disabled_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
"""

_USED = """
UPDATE api_keys k SET last_used_at = used.at FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at)
WHERE k.id = used.id AND (k.last_used_at IS NULL OR k.last_used_at < used.at)
"""


class ApiKey(NamedTuple):
    """What is known of a key but the key itself. Times are UTC."""

    id: UUID
    prefix: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class Holder(NamedTuple):
    """Whose key it is, and what it may."""

    key_id: UUID
    user_id: UUID
    role: Role
    scopes: list[Scope]


async def add_key(
    conn: Connection,
    user_id: UUID,
    key_hash: bytes,
    *,
    prefix: str,
    name: str,
    scopes: Iterable[Scope],
    expires_at: datetime | None,
    most: int,
) -> ApiKey | None:
    """A new key; None where the person has `most` already. The account is locked by the caller."""
    row = await conn.fetchrow(_ADD, user_id, key_hash, prefix, name, list(scopes), expires_at, most)
    return ApiKey(*row) if row else None


async def keys_of(pool: Pool, user_id: UUID) -> list[ApiKey]:
    """The person's keys, the newest first. Raises as read_rows, as all reads here do."""
    return [ApiKey(*row) for row in await read_rows(pool, _LIST, user_id)]


async def key_of(pool: Pool, user_id: UUID, key_id: UUID) -> ApiKey | None:
    """One key, if it is this person's."""
    row = await read_row(pool, _GET, user_id, key_id)
    return ApiKey(*row) if row else None


async def change_key(
    conn: Connection, user_id: UUID, key_id: UUID, *, name: str | None, scopes: Iterable[Scope] | None
) -> ApiKey | None:
    """Another name or other scopes; None where it is not this person's."""
    row = await conn.fetchrow(_RENAME, user_id, key_id, name, None if scopes is None else list(scopes))
    return ApiKey(*row) if row else None


async def delete_key(conn: Connection, user_id: UUID, key_id: UUID) -> bool:
    """Deletes one key; False where it is not this person's."""
    return await conn.fetchval(_DELETE, user_id, key_id) is not None


async def delete_keys(conn: Connection, user_id: UUID) -> int:
    """Deletes every key of the person; how many there were."""
    return len(await conn.fetch(_DELETE_ALL, user_id))


async def holder_of(pool: Pool, key_hash: bytes) -> Holder | None:
    """Who holds the key, while it and the account are in force."""
    row = await read_row(pool, _HOLDER, key_hash)
    return Holder(*row) if row else None


async def note_use(conn: Connection, used: dict[UUID, datetime]) -> None:
    """When each key was last used (UTC)."""
    await conn.execute(_USED, list(used), list(used.values()))
