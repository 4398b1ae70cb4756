"""What the status page shows of backups and drills: enough for everybody to trust it, nothing of where they lie."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from lib.db.pool import Pool
from lib.db.recovery.standing import last_drills, last_good


class LastBackup(NamedTuple):
    """The newest good backup of a kind: when it was taken and proven by a restore (UTC)."""

    kind: str
    begun_at: datetime
    verified_at: datetime | None


class LastDrill(NamedTuple):
    """The newest drill of a scenario: seconds until it was back, and of data that were lost, beside their targets."""

    scenario: str
    begun_at: datetime
    passed: bool
    rto_s: float
    rto_target_s: float
    rpo_s: float | None
    rpo_target_s: float | None


class PublicStanding(NamedTuple):
    """What is told to everybody."""

    backups: Sequence[LastBackup]
    drills: Sequence[LastDrill]


async def standing_of(pool: Pool) -> PublicStanding:
    """How backups and drills stand. Raises DatabaseUnavailable."""
    backups, drills = await last_good(pool), await last_drills(pool)
    return PublicStanding(
        [LastBackup(kind, row.begun_at, row.verified_at) for kind, row in backups.items()],
        [
            LastDrill(name, row.begun_at, row.passed, row.rto_s, row.rto_target_s, row.rpo_s, row.rpo_target_s)
            for name, row in sorted(drills.items())
        ],
    )
