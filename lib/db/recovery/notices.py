"""What people were last told about a subject. It does not tell anybody."""

from datetime import datetime
from typing import NamedTuple

from lib.db.pool import Connection, Pool

_READ = "SELECT state, since, told_at, message FROM notices WHERE subject = $1"

_WRITE = """
INSERT INTO notices (subject, state, since, told_at, message) VALUES ($1, $2, $3, $3, $4)
ON CONFLICT (subject) DO UPDATE
SET since = CASE WHEN notices.state = excluded.state THEN notices.since ELSE excluded.since END,
    state = excluded.state, told_at = excluded.told_at, message = excluded.message
"""


class Notice(NamedTuple):
    """The last word on a subject: its state, since when (UTC), when it was last told, and the words."""

    state: str
    since: datetime
    told_at: datetime
    message: str


async def last_notice(db: Pool | Connection, subject: str) -> Notice | None:
    """What was last told about `subject`, or None."""
    row = await db.fetchrow(_READ, subject)
    return None if row is None else Notice(*row)


async def write_notice(db: Pool | Connection, subject: str, state: str, at: datetime, message: str) -> None:
    """`message` was told at `at`."""
    await db.execute(_WRITE, subject, state, at, message)
