"""The queue of mails. It does not know what is in one, nor how it is sent.

Whoever queues a mail does so in the transaction of what it tells: neither is there without the other. A mail is taken
for a while; if whoever took it dies, it is taken again. So one may arrive twice, with the same Message-ID, but none is
lost.
"""

from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import msgspec

from lib.db.pool import Connection, Pool
from lib.db.writing import transaction
from lib.domain.users import Locale

Outcome = Literal["sent", "not_wanted", "given_up"]

_QUEUE = "INSERT INTO mails (template, address, locale, content) VALUES ($1, $2, $3, $4::text::jsonb)"

_TAKE = """
WITH due AS (
    SELECT id FROM mails WHERE closed_at IS NULL AND next_try_at <= now()
    ORDER BY next_try_at, id LIMIT $1 FOR UPDATE SKIP LOCKED
)
UPDATE mails m SET next_try_at = now() + $2::interval, tries = tries + 1 FROM due WHERE m.id = due.id
RETURNING m.id, m.template, m.address, m.locale, m.content::text AS content, m.tries, m.created_at
"""

_LATER = "UPDATE mails SET next_try_at = now() + $2::interval WHERE id = $1 AND closed_at IS NULL"

_CLOSE = """
UPDATE mails SET closed_at = now(), outcome = $2, address = NULL, content = '{}' WHERE id = $1 AND closed_at IS NULL
"""


_DELETE_TO = "DELETE FROM mails WHERE address = $1 AND closed_at IS NULL"


class Queued(NamedTuple):
    """A mail that waits: `content` are the values of its template, `tries` counts this one."""

    id: int
    template: str
    address: str
    locale: Locale
    content: dict[str, Any]
    tries: int
    created_at: datetime

    def __repr__(self) -> str:
        return f"Queued({self.id}, {self.template!r})"


async def queue_mail(
    conn: Connection, template: str, address: str, *, locale: Locale = "en", **content: object
) -> None:
    """Queues a mail to `address`, to be called in a transaction; `content` are the values of lib/mail/templates/."""
    await conn.execute(_QUEUE, template, address, locale, msgspec.json.encode(content).decode())


async def take_mails(pool: Pool, *, limit: int, lease: timedelta) -> list[Queued]:
    """At most `limit` mails that are due; nobody else gets them within `lease`."""
    async with transaction(pool) as conn:
        rows = await conn.fetch(_TAKE, limit, lease)
    return [Queued(**{**row, "content": msgspec.json.decode(row["content"])}) for row in rows]


async def try_later(pool: Pool, mail_id: int, wait: timedelta) -> None:
    """It could not be sent now."""
    async with transaction(pool) as conn:
        await conn.execute(_LATER, mail_id, wait)


async def close_mail(conn: Connection, mail_id: int, outcome: Outcome) -> None:
    """It is over; whom it went to and what it said is forgotten."""
    await conn.execute(_CLOSE, mail_id, outcome)


async def delete_mails_to(conn: Connection, address: str) -> None:
    """What still waits for an address is not sent any more."""
    await conn.execute(_DELETE_TO, address)
