"""Whether a database is protected now: judged from the row that the service tells, and from the store alone. Pure."""

from datetime import datetime, timedelta
from typing import NamedTuple

from lib.backup.wal.listing import Head
from lib.backup.wal.positions import parse_lsn
from lib.db.recovery.wal import WalStanding
from lib.domain.backups import Check

# the service tells every ten seconds
_SILENT = timedelta(seconds=60)
_MIB = 1024 * 1024


class Health(NamedTuple):
    """What was looked at, and whether a new base backup would help."""

    checks: tuple[Check, ...]
    base_wanted: bool

    @property
    def ok(self) -> bool:
        """True where everything is well."""
        return all(check.ok for check in self.checks)

    @property
    def words(self) -> str:
        """What is wrong, and what to do about it."""
        return "; ".join(f"{check.name}: {check.found}" for check in self.checks if not check.ok)


def judge(
    standing: WalStanding | None, head: Head | None, now: datetime, *, rpo_s: int, keep_mib: int, has_base: bool
) -> Health:
    """How it stands at `now` (UTC): no more than `rpo_s` seconds may be unprotected."""
    if standing is None:
        found = (
            "it has never told anything: is it running? `insitechart status` shows it, `insitechart archive` runs it"
        )
        return Health((Check("service", ok=False, found=found),), not has_base)
    checks = [_service(standing, now), _age(standing, now, rpo_s), _state(standing)]
    held = standing.slot_bytes / _MIB
    room = f"the server holds back {held:,.0f} MiB of {keep_mib:,}"
    checks.append(
        Check("slot", ok=held <= keep_mib / 2, found=f"{room}{'' if held <= keep_mib / 2 else ': find out why'}")
    )
    checks.append(_store(standing, head))
    checks.append(Check("base backup", ok=has_base, found="there is one" if has_base else "there is none yet"))
    # a conflict is for a person to look at; of log that is gone only a new beginning helps
    is_gone = standing.state == "broken" and standing.note.endswith("wanted.")
    return Health(tuple(checks), not has_base or is_gone)


def _service(standing: WalStanding, now: datetime) -> Check:
    if standing.state == "stopped":
        return Check("service", ok=False, found=f"it is stopped. {standing.note}")
    silent = now - standing.observed_at if standing.observed_at else _SILENT * 2
    told = f"it told last {silent.total_seconds():,.0f} s ago"
    return Check("service", ok=silent <= _SILENT, found=told if silent <= _SILENT else f"{told}: read logs/archive.log")


def _age(standing: WalStanding, now: datetime, rpo_s: int) -> Check:
    age = (now - standing.safe_until).total_seconds()
    return Check("protected until", ok=age <= rpo_s, found=f"{age:,.0f} s ago; {rpo_s:,} are allowed")


def _state(standing: WalStanding) -> Check:
    return Check("log", ok=standing.state != "broken", found=standing.note or f"complete up to {standing.shipped_lsn}")


def _store(standing: WalStanding, head: Head | None) -> Check:
    if head is None:
        return Check("store", ok=standing.state == "stopped", found="it has no sign of life of this cluster")
    is_there = parse_lsn(head.shipped_lsn) >= parse_lsn(standing.shipped_lsn)
    is_same = head.system == standing.system
    if not is_same or not is_there:
        return Check("store", ok=False, found=f"it says {head.shipped_lsn}, the service {standing.shipped_lsn}")
    return Check("store", ok=True, found=f"it has the log up to {head.shipped_lsn}")
