"""What Prometheus is told of backups, the log and drills, read from the database. It does not know how often it is
asked.
"""

from typing import get_args

from lib.db.installation import installed_at
from lib.db.pool import Pool
from lib.db.recovery.standing import backup_counts, refused_counts
from lib.domain.drills import Scenario
from lib.metrics import measured as metrics
from lib.metrics.measured import Snapshot
from lib.recovery.standing import drill_overdue, protection
from lib.settings import Settings

_KINDS = ("logical", "base")
_STATES = ("running", "failed", "taken", "good", "bad", "pruned")


async def measure_recovery(pool: Pool, settings: Settings) -> Snapshot:
    """How the installation is protected, and what `settings` promise. What was never there is missing.

    Raises DatabaseUnavailable.
    """
    taken = Snapshot()
    found = await protection(pool)
    counts, refused = await backup_counts(pool), await refused_counts(pool)
    begun = await installed_at(pool)
    for kind in _KINDS:
        for state in _STATES:
            taken.add(metrics.BACKUPS, counts.get((kind, state), 0), kind, state)
        taken.add(metrics.BACKUPS_REFUSED, refused.get(kind, 0), kind)
    for kind, last in found.last_good.items():
        taken.add(metrics.BACKUP_AGE, (found.at - last.begun_at).total_seconds(), kind)
        taken.add(metrics.BACKUP_BYTES, last.stored_bytes or 0, kind)
        taken.add(metrics.BACKUP_SECONDS, last.seconds or 0, kind)
        taken.add(metrics.BACKUP_VERIFY_SECONDS, last.verify_seconds or 0, kind)
    if found.loss is not None:
        taken.add(metrics.RPO, found.loss.seconds)
    for log in found.log:
        taken.add(metrics.WAL_SLOT_BYTES, log.slot_bytes, log.slot)
        taken.add(metrics.WAL_BROKEN, log.state == "broken", log.slot)
        taken.add(metrics.WAL_AGE, max((found.at - log.safe_until).total_seconds(), 0.0), log.slot)
    for scenario, drill in found.drills.items():
        taken.add(metrics.DRILL_RTO, drill.rto_s, scenario)
        if drill.rpo_s is not None:
            taken.add(metrics.DRILL_RPO, drill.rpo_s, scenario)
        taken.add(metrics.DRILL_PASSED, drill.passed, scenario)
        taken.add(metrics.DRILL_AGE, (found.at - drill.finished_at).total_seconds(), scenario)
    for name in get_args(Scenario):
        held = found.drills[name].finished_at if name in found.drills else None
        taken.add(metrics.DRILL_OVERDUE, drill_overdue(found.at, begun, held), name)
    for lost in ("database", "services", "site"):
        for target in ("rpo", "rto"):
            taken.add(metrics.RECOVERY_TARGET, getattr(settings, f"{target}_{lost}_s"), target, lost)
    return taken
