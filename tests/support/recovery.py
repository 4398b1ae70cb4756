"""Backups, the log's standing and drills, written down as those who make them do."""

from datetime import datetime, timedelta

from lib.db.pool import Connection, Pool
from lib.db.recovery.backups import write_backups
from lib.db.recovery.drills import write_drill
from lib.db.recovery.wal import WalStanding, write_standing
from lib.domain.backups import Backup, Check, Index, Kind, State, Stored, Verdict, backup_id
from lib.domain.drills import Phase, Scenario, Scorecard


def backup_of(
    begun: datetime, *, kind: Kind = "logical", state: State = "good", parent: str | None = None, name: str = "aa"
) -> Backup:
    """A backup that took 90 s, and 30 s to verify."""
    index = Index(
        id=backup_id(begun, name), kind=kind, installation="0123456789abcdef", begun_at=begun,
        finished_at=begun + timedelta(seconds=90), objects={"archive": Stored(1000, "00", 5000)}, recipients=(),
        parent=parent,
    )  # fmt: skip
    checks = (Check("digest", True, "as stored", 1.5), Check("rows", state == "good", "posts: 5 there, 4 here"))
    verdict = Verdict(at=begun + timedelta(minutes=2), ok=state == "good", seconds=30, checks=checks)
    return Backup(index=index, verdicts=() if state == "taken" else (verdict,))


async def add_backup(
    db: Pool | Connection, begun: datetime, *, kind: Kind = "logical", state: State = "good", name: str = "aa"
) -> str:
    """A row of one; its id. Those that are there stay as they are."""
    backup = backup_of(begun, kind=kind, state=state, name=name)
    others = await db.fetch("SELECT id, state FROM backups WHERE kind = $1", kind)
    await write_backups(db, kind, [backup], "/backups", begun)
    for other in others:
        await db.execute("UPDATE backups SET state = $2, pruned_at = NULL WHERE id = $1", other["id"], other["state"])
    return backup.id


async def add_log(db: Pool | Connection, safe_until: datetime, *, state: str = "streaming", slot: str = "one") -> None:
    """A row of the service that sends the log."""
    await write_standing(
        db,
        WalStanding(
            slot, "7412345678901234567", 1, "/backups", state, "0/3000148", "0/3000100", safe_until, 4096, 3, ""
        ),
    )


async def add_drill(
    db: Pool | Connection, begun: datetime, *, scenario: Scenario = "database", rto_s: float = 8.25
) -> int:
    """A row of a drill that may take 10 s; its id."""
    phase = Phase(phase="recover", name="replay the log", seconds=6.5, budget_s=60.0, found="0/3000148")
    card = Scorecard(
        scenario=scenario, place="this machine", begun_at=begun, finished_at=begun + timedelta(seconds=60),
        injected="killed, and its folder deleted", rto_s=rto_s, rto_target_s=10.0, rpo_s=0.4, rpo_target_s=900.0,
        rpo_rows=3, phases=(phase,), checks=(Check("rows", True, "all of them"),),
    )  # fmt: skip
    return await write_drill(db, card, "# A drill\n")
