"""The shapes of what /operations/backups and /operations/drills answer."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from lib.domain.backups import Kind
from lib.domain.drills import PhaseName, Scenario

State = Literal["running", "failed", "taken", "good", "bad", "pruned"]
BackupId = Annotated[str, Meta(description="Begins with the moment at which it was begun.",
                               examples=["20261123T040506Z-9f3a1c"])]  # fmt: skip
Seconds = Annotated[float, Meta(examples=[12.4])]


class CheckItem(Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    name: Annotated[str, Meta(examples=["rows"])]
    ok: bool
    found: str
    seconds: float = 0.0


class BackupItem(Struct, frozen=True, kw_only=True):
    """A backup, and what came of verifying it."""

    id: BackupId
    kind: Annotated[
        Kind, Meta(description="`logical`: the rows of one moment; `base`: where the log is replayed from.")
    ]
    parent: Annotated[str | None, Meta(description="The backup that an incremental one stands on.")]
    state: Annotated[
        State,
        Meta(
            description="`good` only once a restore of it was verified; `taken`: not verified yet; `bad`: a check "
            "failed, see `note`; `pruned`: removed since."
        ),
    ]
    place: Annotated[str, Meta(description="The store.", examples=["s3://backups/insitechart"])]
    begun_at: datetime
    finished_at: datetime | None
    verified_at: datetime | None
    pruned_at: datetime | None
    plain_bytes: Annotated[int | None, Meta(description="Before it was squeezed and sealed.")]
    stored_bytes: Annotated[int | None, Meta(description="In the store.")]
    seconds: Annotated[float | None, Meta(description="How long taking it took.")]
    verify_seconds: Annotated[float | None, Meta(description="How long restoring and comparing it took.")]
    note: Annotated[str, Meta(description="What went wrong; empty where nothing did.")]
    checks: list[CheckItem]


class LastGood(Struct, frozen=True, kw_only=True):
    """The newest good backup of each kind; null: there is none."""

    logical: BackupItem | None
    base: BackupItem | None


class LogItem(Struct, frozen=True, kw_only=True):
    """How far the write-ahead log is in the store."""

    slot: Annotated[str, Meta(examples=["insitechart_archive"])]
    state: Annotated[str, Meta(description="`streaming`, `behind`, `broken` (it has a gap) or `stopped`.")]
    place: str
    written_lsn: Annotated[str, Meta(examples=["0/3000148"])]
    shipped_lsn: Annotated[str, Meta(examples=["0/3000148"])]
    safe_until: Annotated[datetime, Meta(description="Every commit before this moment is in the store.")]
    slot_bytes: Annotated[int, Meta(description="What the server holds back for the store.")]
    note: str
    observed_at: Annotated[datetime | None, Meta(description="When the service last told so.")]


class BackupPage(Struct, frozen=True, kw_only=True):
    """Backups, the newest first, and how well the database is protected now; `next` is the `cursor` of the following
    page.
    """

    rpo_s: Annotated[
        float | None,
        Meta(description="Seconds of data that losing the server now would cost; null: everything.", examples=[0.8]),
    ]
    rpo_from: Annotated[
        Literal["log", "backup"] | None, Meta(description="What the rest would be restored from; null: nothing.")
    ]
    rpo_target_s: Annotated[int, Meta(description="What it may cost.", examples=[900])]
    last_good: LastGood
    log: list[LogItem]
    items: list[BackupItem]
    next: str | None


class PhaseItem(Struct, frozen=True, kw_only=True):
    """A step of a recovery, beside the seconds it may take."""

    phase: PhaseName
    name: str
    seconds: float
    budget_s: float
    found: str = ""


class DrillItem(Struct, frozen=True, kw_only=True):
    """A rehearsed disaster, and what was measured."""

    id: int
    scenario: Scenario
    place: Annotated[str, Meta(examples=["this machine"])]
    begun_at: datetime
    finished_at: datetime
    injected: Annotated[str, Meta(description="What was broken on purpose.")]
    passed: Annotated[bool, Meta(description="Everything looked at was right, and both targets held.")]
    rto_s: Annotated[float, Meta(description="Seconds from the disaster to service.", examples=[8.2])]
    rto_target_s: float
    rpo_s: Annotated[float | None, Meta(description="Seconds of committed data lost; null: not what it is about.")]
    rpo_target_s: float | None
    rpo_rows: Annotated[int | None, Meta(description="Committed rows lost.")]
    phases: list[PhaseItem]
    checks: list[CheckItem]
    report: Annotated[str, Meta(description="The plan's checklist, filled in.")]


class DrillSeries(Struct, frozen=True, kw_only=True):
    """The drills of this page as columns of equal length, the oldest first."""

    begun: Annotated[list[int], Meta(description="Milliseconds since 1970.", examples=[[1769040000000]])]
    scenario: list[Scenario]
    passed: list[bool]
    rto_s: Annotated[list[float], Meta(examples=[[8.2]])]
    rpo_s: Annotated[list[float | None], Meta(examples=[[0.4]])]


class DrillPage(Struct, frozen=True, kw_only=True):
    """Drills, the newest first; `next` is the `cursor` of the following page."""

    next_due: Annotated[datetime, Meta(description="When drills are due by schedule for the next time.")]
    series: DrillSeries
    items: list[DrillItem]
    next: str | None
