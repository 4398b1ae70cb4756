"""The last backup and the last drill of every sort, and how many there are. It does not judge them."""

from datetime import datetime
from typing import NamedTuple

from lib.db.pool import Pool
from lib.db.reading import read_rows
from lib.db.recovery.backups import BackupRow
from lib.db.recovery.drills import DrillRow

_LAST_GOOD = """
SELECT DISTINCT ON (kind) id, kind, parent, state, place, begun_at, finished_at, verified_at, pruned_at, plain_bytes,
       stored_bytes, seconds::float8 AS seconds, verify_seconds::float8 AS verify_seconds, note, checks
FROM backups
WHERE state = 'good'
ORDER BY kind DESC, begun_at DESC, id DESC
"""

_COUNTS = "SELECT kind, state, count(*) FROM backups GROUP BY kind, state ORDER BY kind, state"

# the words of a verdict stay with a backup that was removed since
_REFUSED = """
SELECT kind, count(*) FROM backups WHERE verified_at IS NOT NULL AND note <> '' GROUP BY kind ORDER BY kind
"""

_LAST_DRILLS = """
SELECT DISTINCT ON (scenario) id, scenario, place, begun_at, finished_at, injected, passed, rto_s::float8 AS rto_s,
       rto_target_s::float8 AS rto_target_s, rpo_s::float8 AS rpo_s, rpo_target_s::float8 AS rpo_target_s, rpo_rows,
       phases, checks, report
FROM drills
ORDER BY scenario, begun_at DESC, id DESC
"""

_SINCE = """
SELECT kind, state, count(*), coalesce(sum(stored_bytes), 0)::bigint, coalesce(sum(verify_seconds), 0)::float8
FROM backups WHERE begun_at >= $1 GROUP BY kind, state ORDER BY kind, state
"""


class Since(NamedTuple):
    """Backups of a kind that ended alike: how many, their bytes in the store, the seconds that verifying them took."""

    kind: str
    state: str
    backups: int
    stored_bytes: int
    verify_seconds: float


async def last_good(pool: Pool) -> dict[str, BackupRow]:
    """The newest good backup of each kind that has one. Raises DatabaseUnavailable."""
    return {row["kind"]: BackupRow(*row) for row in await read_rows(pool, _LAST_GOOD)}


async def backup_counts(pool: Pool) -> dict[tuple[str, str], int]:
    """How many backups there are, by kind and state. Raises DatabaseUnavailable."""
    return {(kind, state): count for kind, state, count in await read_rows(pool, _COUNTS)}


async def refused_counts(pool: Pool) -> dict[str, int]:
    """How many backups a verification has refused, by kind, also those that were removed since."""
    return {row[0]: row[1] for row in await read_rows(pool, _REFUSED)}


async def last_drills(pool: Pool) -> dict[str, DrillRow]:
    """The last drill of each scenario. Raises DatabaseUnavailable."""
    return {row["scenario"]: DrillRow(*row) for row in await read_rows(pool, _LAST_DRILLS)}


async def backups_since(pool: Pool, moment: datetime) -> list[Since]:
    """How the backups went that were begun since `moment` (UTC). Raises DatabaseUnavailable."""
    return [Since(*row) for row in await read_rows(pool, _SINCE, moment)]
