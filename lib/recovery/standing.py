"""How well an installation is protected now, from what was written down about it. It asks neither store nor server.

What it says is what a person would have to know on the day of the disaster: the newest good backup of each kind, how
much would be lost, and what the last drills have shown.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from lib.db.pool import Pool
from lib.db.recovery.backups import BackupRow
from lib.db.recovery.drills import DrillRow
from lib.db.recovery.standing import last_drills, last_good
from lib.db.recovery.wal import WalStanding, wal_standings

# quarterly: in the first night of January, April, July and October
_QUARTERS = (1, 4, 7, 10)
_DRILL_HOUR = 3
_QUARTER = timedelta(days=92)


class Loss(NamedTuple):
    """The seconds of data that losing the server now would cost, and what the rest would be restored from."""

    seconds: float
    restored_from: Literal["log", "backup"]


class Protection(NamedTuple):
    """How an installation is protected at `at` (UTC). `loss` None: nothing good is kept, everything would be lost."""

    at: datetime
    last_good: Mapping[str, BackupRow]
    log: Sequence[WalStanding]
    drills: Mapping[str, DrillRow]
    loss: Loss | None


async def protection(pool: Pool) -> Protection:
    """How the installation of `pool` is protected now. Raises DatabaseUnavailable."""
    good, log, drills = await last_good(pool), await wal_standings(pool), await last_drills(pool)
    now = datetime.now(UTC)
    return Protection(now, good, log, drills, loss_now(now, good, log))


def loss_now(now: datetime, good: Mapping[str, BackupRow], log: Sequence[WalStanding]) -> Loss | None:
    """What would be lost at `now`: with a good base backup and an unbroken log what the log lacks, else what came after
    the newest good backup began.
    """
    found = [Loss(_age(now, backup.begun_at), "backup") for backup in good.values()]
    if "base" in good:
        found += [Loss(_age(now, one.safe_until), "log") for one in log if one.state != "broken"]
    return min(found, default=None)


def drill_overdue(now: datetime, installed: datetime, last: datetime | None) -> float:
    """The seconds for which a drill has been due at `now` and not been held: a quarter after the `last` one ended, or
    after the installation began where there was none; 0 while none is due.
    """
    return max((now - (last or installed) - _QUARTER).total_seconds(), 0.0)


def next_drill(now: datetime) -> datetime:
    """When drills are due by schedule for the next time after `now` (UTC)."""
    for year in (now.year, now.year + 1):
        for month in _QUARTERS:
            due = datetime(year, month, 1, _DRILL_HOUR, tzinfo=UTC)
            if due > now:
                return due
    return now + timedelta(days=366)


def _age(now: datetime, moment: datetime) -> float:
    return max((now - moment).total_seconds(), 0.0)
