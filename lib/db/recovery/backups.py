"""Backups as a series of rows. It takes, verifies and finds none: the store has the truth, and is written down here."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from lib.db.pool import Connection, Pool
from lib.db.reading import read_rows
from lib.domain.backups import Backup, Kind

_BEGUN = """
INSERT INTO backups (id, kind, state, place, begun_at) VALUES ($1, $2, 'running', $3, $4)
ON CONFLICT (id) DO NOTHING
"""

_FAILED = """
UPDATE backups SET state = 'failed', finished_at = $2, note = $3 WHERE id = $1 AND state = 'running'
"""

_GIVEN_UP = """
UPDATE backups SET state = 'failed', finished_at = $2, note = 'It was never finished: whoever took it was ended.'
WHERE kind = $1 AND state = 'running'
RETURNING id
"""

_WRITE = """
INSERT INTO backups (id, kind, parent, state, place, begun_at, finished_at, verified_at, plain_bytes, stored_bytes,
                     seconds, verify_seconds, note, checks)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::jsonb)
ON CONFLICT (id) DO UPDATE
SET parent = excluded.parent, state = excluded.state, place = excluded.place, finished_at = excluded.finished_at,
    verified_at = excluded.verified_at, plain_bytes = excluded.plain_bytes, stored_bytes = excluded.stored_bytes,
    seconds = excluded.seconds, verify_seconds = excluded.verify_seconds, note = excluded.note,
    checks = excluded.checks, pruned_at = NULL
"""

_GONE = """
UPDATE backups SET state = 'pruned', pruned_at = $3
WHERE kind = $1 AND state IN ('taken', 'good', 'bad') AND id <> ALL ($2::text[])
"""

_READ = """
SELECT id, kind, parent, state, place, begun_at, finished_at, verified_at, pruned_at, plain_bytes, stored_bytes,
       seconds::float8 AS seconds, verify_seconds::float8 AS verify_seconds, note, checks
FROM backups
WHERE ($1::text IS NULL OR kind = $1)
  AND ($2::text[] IS NULL OR state = ANY ($2))
  AND (begun_at, id) < (coalesce($3, 'infinity'::timestamptz), coalesce($4, ''))
ORDER BY begun_at DESC, id DESC
LIMIT $5
"""


class BackupRow(NamedTuple):
    """A backup as it is shown: times in UTC, sizes in bytes, `checks` as JSON text."""

    id: str
    kind: Kind
    parent: str | None
    state: str
    place: str
    begun_at: datetime
    finished_at: datetime | None
    verified_at: datetime | None
    pruned_at: datetime | None
    plain_bytes: int | None
    stored_bytes: int | None
    seconds: float | None
    verify_seconds: float | None
    note: str
    checks: str


async def backup_begun(db: Pool | Connection, backup: str, kind: Kind, place: str, begun_at: datetime) -> None:
    """A backup is being taken."""
    await db.execute(_BEGUN, backup, kind, place, begun_at)


async def backup_failed(db: Pool | Connection, backup: str, at: datetime, why: str) -> None:
    """It could not be taken."""
    await db.execute(_FAILED, backup, at, why)


async def give_up_running(db: Pool | Connection, kind: Kind, at: datetime) -> list[str]:
    """Those of a kind that were begun and never ended have failed; for whoever knows that nobody takes one now. Returns
    their ids.
    """
    return [row[0] for row in await db.fetch(_GIVEN_UP, kind, at)]


async def write_backups(db: Pool | Connection, kind: Kind, found: Sequence[Backup], place: str, now: datetime) -> None:
    """Writes down what the store holds of a kind; what it holds no more is pruned at `now`."""
    for backup in found:
        index, last = backup.index, backup.verdicts[-1] if backup.verdicts else None
        wrong = "; ".join(f"{check.name}: {check.found}" for check in last.checks if not check.ok) if last else ""
        await db.execute(
            _WRITE, index.id, index.kind, index.parent, backup.state, place, index.begun_at, index.finished_at,
            last.at if last else None, index.plain_bytes, index.stored_bytes,
            round((index.finished_at - index.begun_at).total_seconds(), 3), round(last.seconds, 3) if last else None,
            wrong, msgspec.json.encode(last.checks if last else ()).decode(),
        )  # fmt: skip
    await db.execute(_GONE, kind, [backup.id for backup in found], now)


async def backups_of(
    pool: Pool,
    *,
    kind: Kind | None = None,
    states: Sequence[str] | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[BackupRow]:
    """Up to `limit` of them, the newest first, those behind `after` in the list. Raises DatabaseUnavailable."""
    place = after or (None, "")
    rows = await read_rows(pool, _READ, kind, list(states) if states else None, *place, limit)
    return [BackupRow(*row) for row in rows]
