"""Drills as a series of rows. It does not rehearse anything, nor judge what was measured."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from lib.db.pool import Connection, Pool
from lib.db.reading import read_rows
from lib.domain.drills import Scorecard

_WRITE = """
INSERT INTO drills (scenario, place, begun_at, finished_at, injected, passed, rto_s, rto_target_s, rpo_s, rpo_target_s,
                    rpo_rows, phases, checks, report)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::jsonb, $13::jsonb, $14)
RETURNING id
"""

_READ = """
SELECT id, scenario, place, begun_at, finished_at, injected, passed, rto_s::float8 AS rto_s,
       rto_target_s::float8 AS rto_target_s, rpo_s::float8 AS rpo_s, rpo_target_s::float8 AS rpo_target_s, rpo_rows,
       phases, checks, report
FROM drills
WHERE ($1::text IS NULL OR scenario = $1)
  AND (begun_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, 0))
ORDER BY begun_at DESC, id DESC
LIMIT $4
"""


class DrillRow(NamedTuple):
    """A drill as it is shown: times in UTC, `phases` and `checks` as JSON text."""

    id: int
    scenario: str
    place: str
    begun_at: datetime
    finished_at: datetime
    injected: str
    passed: bool
    rto_s: float
    rto_target_s: float
    rpo_s: float | None
    rpo_target_s: float | None
    rpo_rows: int | None
    phases: str
    checks: str
    report: str


async def write_drill(db: Pool | Connection, card: Scorecard, report: str) -> int:
    """Writes one down; its id."""
    row: int = await db.fetchval(
        _WRITE, card.scenario, card.place, card.begun_at, card.finished_at, card.injected, card.passed,
        round(card.rto_s, 3), card.rto_target_s, None if card.rpo_s is None else round(card.rpo_s, 3),
        card.rpo_target_s, card.rpo_rows, msgspec.json.encode(card.phases).decode(),
        msgspec.json.encode(card.checks).decode(), report,
    )  # fmt: skip
    return row


async def drills_of(
    pool: Pool, *, scenario: str | None = None, after: tuple[datetime, int] | None = None, limit: int = 100
) -> list[DrillRow]:
    """Up to `limit` of them, the newest first, those behind `after` in the list. Raises DatabaseUnavailable."""
    rows = await read_rows(pool, _READ, scenario, *(after or (None, 0)), limit)
    return [DrillRow(*row) for row in rows]
