"""What a restore would do, told before it is done. It does not fetch the log, so a transaction or a name is not found
here yet.
"""

from typing import NamedTuple

from lib.backup.keys import BackupKeys
from lib.backup.pitr.survey import Window, choose, survey, window_of
from lib.backup.pitr.targets import Target
from lib.backup.store.objects import Store
from lib.domain.backups import Backup
from lib.errors import NotRestorable


class Plan(NamedTuple):
    """The base backups it begins with, the whole one first (empty where they are found on the way), the segments of log
    behind them at most, and what can be restored at all. `stored_bytes` are read from the store for the bases.
    """

    system: str
    chain: tuple[Backup, ...]
    segments: int
    stored_bytes: int
    plain_bytes: int
    window: Window


def plan_restore(store: Store, keys: BackupKeys, installation: str, target: Target, system: str | None = None) -> Plan:
    """What restoring `target` would take. Blocks. Raises NotRestorable or Damaged where it is known not to work."""
    found = survey(store, keys, installation, system)
    window = window_of(found)
    if target.kind in ("xid", "name"):
        return Plan(found.system, (), len(found.listing.closed), 0, 0, window)
    place = {"latest": found.end, "lsn": target.lsn}.get(target.kind)
    if place is not None and place > found.end:
        raise NotRestorable(f"The log in the store does not reach {target}.", hint=f"What can be restored: {window}.")
    base = choose(found, target, place)
    own, size = found.own_log_end(base), found.listing.size
    end = place if place is not None else found.end
    if target.time is not None and window.latest is not None and target.time > window.latest:
        raise NotRestorable(f"{target} is later than what is kept.", hint=f"What can be restored: {window}.")
    return Plan(
        system=found.system,
        chain=base.chain,
        segments=max(0, -(-(end - own) // size)),
        stored_bytes=sum(backup.index.stored_bytes for backup in base.chain),
        plain_bytes=sum(backup.index.plain_bytes for backup in base.chain),
        window=window,
    )
