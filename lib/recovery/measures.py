"""What Prometheus is told of backups, the log and drills, read from the database. It does not know how often it is
asked.
"""

from lib import metrics
from lib.db.pool import Pool
from lib.db.recovery.standing import backup_counts, refused_counts
from lib.metrics import Snapshot
from lib.recovery.standing import protection

_KINDS = ("logical", "base")
_STATES = ("running", "failed", "taken", "good", "bad", "pruned")


async def measure_recovery(pool: Pool) -> Snapshot:
    """How the installation is protected. What was never there is missing. Raises DatabaseUnavailable."""
    taken = Snapshot()
    found = await protection(pool)
    counts, refused = await backup_counts(pool), await refused_counts(pool)
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
    return taken
