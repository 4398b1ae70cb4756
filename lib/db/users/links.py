"""What mailed links stand for. It does not know how a link is signed."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from lib.db.pool import Connection
from lib.domain.users import Locale

LinkPurpose = Literal["register", "reset", "email"]

_ADD = """
INSERT INTO mail_links (purpose, email, user_id, password_hash, locale, expires_at)
VALUES ($1, $2, $3, $4, $5, now() + $6)
RETURNING id, expires_at
"""

_TAKE = """
UPDATE mail_links SET tries = tries + 1 WHERE id = $1 AND purpose = $2 AND expires_at > now()
RETURNING id, purpose, email, user_id, password_hash, locale, tries
"""

_DELETE = "DELETE FROM mail_links WHERE id = $1"

_DELETE_OF = "DELETE FROM mail_links WHERE user_id = $1 AND purpose = $2"

_DELETE_REGISTRATIONS = "DELETE FROM mail_links WHERE purpose = 'register' AND email = $1"

_FIND = "SELECT id, expires_at FROM mail_links WHERE id = $1 AND expires_at > now()"

_REGISTRATIONS = """
SELECT id, expires_at FROM mail_links
WHERE purpose = 'register' AND email = $1 AND expires_at > now() ORDER BY created_at DESC, id
"""


class Link(NamedTuple):
    """A link that was mailed to `email` and not followed to its end yet. `tries` counts how often it was tried."""

    id: UUID
    purpose: LinkPurpose
    email: str
    user_id: UUID | None
    password_hash: str | None
    locale: Locale
    tries: int

    def __repr__(self) -> str:
        return f"Link({self.id})"


async def add_link(
    conn: Connection,
    purpose: LinkPurpose,
    email: str,
    *,
    lasts: timedelta,
    locale: Locale,
    user_id: UUID | None = None,
    password_hash: str | None = None,
) -> tuple[UUID, datetime]:
    """A new link: its id, and when it ends (UTC)."""
    row = await conn.fetchrow(_ADD, purpose, email, user_id, password_hash, locale, lasts)
    assert row is not None
    return row[0], row[1]


async def take_link(conn: Connection, link_id: UUID, purpose: LinkPurpose) -> Link | None:
    """The link, locked, with this try counted; None where it was used, or has expired."""
    row = await conn.fetchrow(_TAKE, link_id, purpose)
    return Link(*row) if row else None


async def delete_link(conn: Connection, link_id: UUID) -> None:
    """The link was followed to its end, or tried too often."""
    await conn.execute(_DELETE, link_id)


async def delete_links(conn: Connection, user_id: UUID, purpose: LinkPurpose) -> None:
    """Every link of one kind that the person still has."""
    await conn.execute(_DELETE_OF, user_id, purpose)


async def delete_registrations(conn: Connection, email: str) -> None:
    """Every registration of an address, because it has an account now."""
    await conn.execute(_DELETE_REGISTRATIONS, email)


async def link_of(conn: Connection, link_id: UUID) -> tuple[UUID, datetime] | None:
    """Id and end (UTC) of a link that may still be followed."""
    row = await conn.fetchrow(_FIND, link_id)
    return (row[0], row[1]) if row else None


async def registrations_of(conn: Connection, email: str) -> list[tuple[UUID, datetime]]:
    """Id and end (UTC) of the registrations of an address that are still waiting, the last first."""
    return [(row[0], row[1]) for row in await conn.fetch(_REGISTRATIONS, email)]
