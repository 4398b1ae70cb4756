"""Sessions and their refresh tokens, as hashes. It does not know what a token looks like, nor when one is refused."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from lib.db.pool import Connection, Pool
from lib.db.reading import read_row, read_rows
from lib.domain.networks import one_client
from lib.domain.users import Origin

_ADD = """
INSERT INTO sessions (user_id, expires_at, address, user_agent)
VALUES ($1, now() + make_interval(days => $2), $3::text::inet, left($4, 200))
RETURNING id
"""

_ISSUE = "INSERT INTO refresh_tokens (token_hash, session_id) VALUES ($1, $2)"

_KNOW = """
INSERT INTO known_addresses (user_id, address) VALUES ($1, $2::text::inet)
ON CONFLICT (user_id, address) DO UPDATE SET last_at = now()
"""

_FIND = """
SELECT s.id, s.user_id, s.ended_at IS NULL AND s.expires_at > now()
       AND s.last_used_at > now() - make_interval(days => $2) AS alive
FROM sessions s
WHERE s.id = (SELECT t.session_id FROM refresh_tokens t WHERE t.token_hash = $1)
FOR UPDATE
"""

_EXCHANGED = """
SELECT used_at, extract(epoch FROM clock_timestamp() - used_at)::float8 AS used_for, salt, key_id
FROM refresh_tokens WHERE token_hash = $1
"""

_IS_UNUSED = "SELECT used_at IS NULL FROM refresh_tokens WHERE token_hash = $1"

_USE = "UPDATE refresh_tokens SET used_at = clock_timestamp(), salt = $2, key_id = $3 WHERE token_hash = $1"

_TOUCH = "UPDATE sessions SET last_used_at = now(), address = $2::text::inet, user_agent = left($3, 200) WHERE id = $1"

_END = """
UPDATE sessions SET ended_at = now(), ending = $2, address = NULL, user_agent = '' WHERE id = $1 AND ended_at IS NULL
RETURNING id
"""

_END_ALL = """
UPDATE sessions SET ended_at = now(), ending = $2, address = NULL, user_agent = ''
WHERE user_id = $1 AND ended_at IS NULL AND id IS DISTINCT FROM $3
RETURNING id
"""

_END_SURPLUS = """
UPDATE sessions SET ended_at = now(), ending = 'many', address = NULL, user_agent = ''
WHERE id IN (
    SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NULL ORDER BY last_used_at DESC, id OFFSET $2
)
RETURNING id
"""

_LIST = """
SELECT id, created_at, last_used_at, expires_at, host(address) AS address, user_agent FROM sessions
WHERE user_id = $1 AND ended_at IS NULL AND expires_at > now() AND last_used_at > now() - make_interval(days => $2)
ORDER BY last_used_at DESC, id
"""

_ALL = """
SELECT id, created_at, last_used_at, expires_at, host(address) AS address, user_agent FROM sessions
WHERE user_id = $1 ORDER BY last_used_at DESC, id
"""

_ADDRESSES = "SELECT host(address), last_at FROM known_addresses WHERE user_id = $1 ORDER BY last_at DESC"

_STANDING = """
SELECT u.role, u.generation FROM users u JOIN sessions s ON s.user_id = u.id
WHERE u.id = $1 AND s.id = $2 AND u.disabled_at IS NULL AND s.ended_at IS NULL
"""

_IS_OF = "SELECT EXISTS (SELECT FROM sessions WHERE id = $1 AND user_id = $2 AND ended_at IS NULL)"

_KNOWN = "SELECT EXISTS (SELECT FROM known_addresses WHERE user_id = $1 AND address = $2::text::inet)"


class Session(NamedTuple):
    """A login that is not over. Times are UTC; `address` and `user_agent` are those of its last use."""

    id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    address: str | None
    user_agent: str


class Family(NamedTuple):
    """The session that a refresh token belongs to; `alive` says that it has neither ended nor expired."""

    id: UUID
    user_id: UUID
    alive: bool


class Token(NamedTuple):
    """How a refresh token was exchanged: when, how many seconds ago, and what its successor is made of."""

    used_at: datetime | None
    used_for_s: float | None
    salt: bytes | None
    key_id: str | None


async def add_session(conn: Connection, user_id: UUID, token_hash: bytes, origin: Origin, *, days: int) -> UUID:
    """A new session with its first refresh token. Its address is one at which the person is known from now on."""
    session_id: UUID = await conn.fetchval(_ADD, user_id, days, origin.address, origin.user_agent)
    await conn.execute(_ISSUE, token_hash, session_id)
    await know_address(conn, user_id, origin.address)
    return session_id


async def know_address(conn: Connection, user_id: UUID, address: str | None) -> None:
    """The person was at this address, or in its network where that counts as one client, and had proved it."""
    if address is not None:
        await conn.execute(_KNOW, user_id, one_client(address))


async def is_known_address(pool: Pool, user_id: UUID, address: str | None) -> bool:
    """Whether the person was at this address before. Raises as read_rows."""
    row = await read_row(pool, _KNOWN, user_id, one_client(address) if address else None)
    return bool(row and row[0])


async def family_of(conn: Connection, token_hash: bytes, *, idle_days: int) -> Family | None:
    """The session of this token, locked until the transaction ends; None for a token that was never issued."""
    row = await conn.fetchrow(_FIND, token_hash, idle_days)
    return Family(*row) if row else None


async def token(conn: Connection, token_hash: bytes) -> Token:
    """How far this token is used up. Its family is locked, so it stays so."""
    row = await conn.fetchrow(_EXCHANGED, token_hash)
    assert row is not None
    return Token(*row)


async def is_unused(conn: Connection, token_hash: bytes) -> bool:
    """Whether this token was issued and not exchanged yet."""
    return await conn.fetchval(_IS_UNUSED, token_hash) is True


async def exchange(
    conn: Connection, session_id: UUID, old: bytes, new: bytes, *, salt: bytes, key_id: str, origin: Origin
) -> None:
    """Uses `old` up for `new`, both hashes, and notes where the session was used."""
    await conn.execute(_USE, old, salt, key_id)
    await conn.execute(_ISSUE, new, session_id)
    await conn.execute(_TOUCH, session_id, origin.address, origin.user_agent)


async def session_is_of(conn: Connection, session_id: UUID, user_id: UUID) -> bool:
    """Whether this is a session of the person that has not ended."""
    return await conn.fetchval(_IS_OF, session_id, user_id) is True


async def end_session(conn: Connection, session_id: UUID, ending: str) -> bool:
    """Ends one session; False where it had ended. Where it was used from is forgotten."""
    return await conn.fetchval(_END, session_id, ending) is not None


async def end_sessions(conn: Connection, user_id: UUID, ending: str, *, but: UUID | None = None) -> int:
    """Ends every session of the person, `but` one; how many there were."""
    return len(await conn.fetch(_END_ALL, user_id, ending, but))


async def end_surplus(conn: Connection, user_id: UUID, *, most: int) -> int:
    """Ends those of the person's sessions that were not used the longest, until there are `most`; how many that was."""
    return len(await conn.fetch(_END_SURPLUS, user_id, most))


async def sessions_of(pool: Pool, user_id: UUID, *, idle_days: int) -> list[Session]:
    """The person's sessions that are not over, the last used first. Raises as read_rows."""
    return [Session(*row) for row in await read_rows(pool, _LIST, user_id, idle_days)]


async def all_sessions_of(pool: Pool, user_id: UUID) -> list[Session]:
    """Those that are over, too, as long as they are kept. Raises as read_rows."""
    return [Session(*row) for row in await read_rows(pool, _ALL, user_id)]


async def known_addresses_of(pool: Pool, user_id: UUID) -> list[tuple[str, datetime]]:
    """Where the person logged in, and when last (UTC). Raises as read_rows."""
    return [(row[0], row[1]) for row in await read_rows(pool, _ADDRESSES, user_id)]


async def standing(pool: Pool, user_id: UUID, session_id: UUID) -> tuple[str, int] | None:
    """Role and generation of an account that is in force, by a session that is, too; else None. Raises as read_rows."""
    row = await read_row(pool, _STANDING, user_id, session_id)
    return (row[0], row[1]) if row else None
