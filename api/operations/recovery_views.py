"""From rows about backups and drills to what /operations answers."""

from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

from api.operations.recovery_schemas import (
    BackupItem,
    CheckItem,
    DrillItem,
    DrillSeries,
    LastGood,
    LogItem,
    PhaseItem,
    State,
)
from lib.db.recovery.backups import BackupRow
from lib.db.recovery.drills import DrillRow
from lib.db.recovery.wal import WalStanding
from lib.domain.drills import Scenario


def backup_view(row: BackupRow) -> BackupItem:
    """One backup."""
    return BackupItem(
        id=row.id,
        kind=row.kind,
        parent=row.parent,
        state=cast("State", row.state),
        place=row.place,
        begun_at=row.begun_at,
        finished_at=row.finished_at,
        verified_at=row.verified_at,
        pruned_at=row.pruned_at,
        plain_bytes=row.plain_bytes,
        stored_bytes=row.stored_bytes,
        seconds=row.seconds,
        verify_seconds=row.verify_seconds,
        note=row.note,
        checks=msgspec.json.decode(row.checks, type=list[CheckItem]),
    )


def last_good_view(found: Mapping[str, BackupRow]) -> LastGood:
    """The newest good one of each kind."""
    logical, base = found.get("logical"), found.get("base")
    return LastGood(logical=backup_view(logical) if logical else None, base=backup_view(base) if base else None)


def log_view(row: WalStanding) -> LogItem:
    """How far the log is in the store."""
    return LogItem(
        slot=row.slot,
        state=row.state,
        place=row.place,
        written_lsn=row.written_lsn,
        shipped_lsn=row.shipped_lsn,
        safe_until=row.safe_until,
        slot_bytes=row.slot_bytes,
        note=row.note,
        observed_at=row.observed_at,
    )


def drill_view(row: DrillRow) -> DrillItem:
    """One drill."""
    return DrillItem(
        id=row.id,
        scenario=cast("Scenario", row.scenario),
        place=row.place,
        begun_at=row.begun_at,
        finished_at=row.finished_at,
        injected=row.injected,
        passed=row.passed,
        rto_s=row.rto_s,
        rto_target_s=row.rto_target_s,
        rpo_s=row.rpo_s,
        rpo_target_s=row.rpo_target_s,
        rpo_rows=row.rpo_rows,
        phases=msgspec.json.decode(row.phases, type=list[PhaseItem]),
        checks=msgspec.json.decode(row.checks, type=list[CheckItem]),
        report=row.report,
    )


def drill_series(items: Sequence[DrillItem]) -> DrillSeries:
    """The same as columns, the oldest first."""
    rows = items[::-1]
    return DrillSeries(
        begun=[round(row.begun_at.timestamp() * 1000) for row in rows],
        scenario=[row.scenario for row in rows],
        passed=[row.passed for row in rows],
        rto_s=[row.rto_s for row in rows],
        rpo_s=[row.rpo_s for row in rows],
    )
