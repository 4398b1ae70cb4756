"""How far the log is on its way to the store, and what is wrong with that, in words. It asks and sends nothing."""

from collections import deque
from datetime import UTC, datetime

from lib.backup.wal.listing import Head
from lib.backup.wal.positions import format_lsn, parse_lsn, written_end
from lib.backup.wal.shipping import Shipper
from lib.db.recovery.replication import Sample, Server, Slot
from lib.db.recovery.wal import WalStanding

_SAMPLES = 4096
_LATE_S = 30.0
_MIB = 1024 * 1024
# before everything: nothing is known to be safe
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


class Progress:
    """What the two loops of the service have learned. `store_trouble` and `receiver_trouble` pass by themselves;
    `lost` is over with a new base backup, `conflict` when somebody has looked at it and started the service anew.
    """

    def __init__(self, slot: str, keep_mib: int, place: str) -> None:
        self._slot_name, self._keep_mib, self._place = slot, keep_mib, place
        self._samples: deque[tuple[datetime, int]] = deque()
        self.slot: Slot | None = None
        self.timeline = 1
        self.written = 0
        self.received = 0
        self.safe_until: datetime | None = None
        self.sent_to: int | None = None
        self.newest_base: int | None = None
        self.store_trouble = self.receiver_trouble = self.lost = self.conflict = ""

    def note(self, taken: Sample, slot: Slot | None, server: Server) -> None:
        """The server has said how far its log and the receiver are."""
        self.slot, self.timeline = slot, taken.timeline
        if slot is not None and slot.received is not None:
            self.received = max(self.received, parse_lsn(slot.received))
        if slot is not None and slot.active and "as full as" not in self.receiver_trouble:
            self.receiver_trouble = ""
        self.written = written_end(parse_lsn(taken.place), server.segment_bytes)
        if len(self._samples) > 1 and self._samples[-1][1] == self.written:
            self._samples.pop()
        if len(self._samples) >= _SAMPLES:
            # the store is away for long: a coarser record of the past will do
            self._samples = deque(list(self._samples)[::2])
        self._samples.append((taken.at, self.written))

    def sent(self, end: int | None) -> None:
        """Everything before `end` is in the store."""
        self.sent_to = end
        while self._samples and end is not None and self._samples[0][1] <= end:
            at, _ = self._samples.popleft()
            self.safe_until = max(self.safe_until or at, at)

    def head(self, shipper: Shipper, server: Server) -> Head:
        """The sign of life for the store."""
        return Head(
            system=server.system,
            timeline=shipper.timeline,
            segment_bytes=server.segment_bytes,
            written_lsn=format_lsn(max(self.written, shipper.end or 0)),
            shipped_lsn=format_lsn(shipper.end or 0),
            contiguous_from=format_lsn(shipper.contiguous_from or 0),
            safe_until=self.safe_until or _NEVER,
            at=datetime.now(UTC),
        )

    def standing(self, server: Server, shipper: Shipper | None, *, stopped: str | None = None) -> WalStanding:
        """The row for the database; `stopped` says why nothing is sent any more, if that is so."""
        state, note = ("stopped", stopped) if stopped is not None or shipper is None else self.state(shipper)
        return WalStanding(
            slot=self._slot_name,
            system=server.system,
            timeline=shipper.timeline if shipper else 0,
            place=self._place,
            state=state,
            written_lsn=format_lsn(self.written),
            shipped_lsn=format_lsn((shipper.end if shipper else 0) or 0),
            safe_until=self.safe_until or _NEVER,
            slot_bytes=self.slot.held_bytes if self.slot else 0,
            segments=shipper.segments if shipper else 0,
            note=note or "",
        )

    def state(self, shipper: Shipper) -> tuple[str, str]:
        """How it stands, and what to do about it."""
        start, base = shipper.contiguous_from, self.newest_base
        is_covered = base is not None and start is not None and base >= start
        if self.conflict:
            return "broken", f"{self.conflict} What the database writes is not what the store has under that name."
        if is_covered:
            self.lost = ""
        elif self.lost:
            return "broken", f"{self.lost}: a new base backup is wanted."
        elif base is not None and start is not None and shipper.knows_past:
            return (
                "broken",
                f"Log before {format_lsn(start)} is missing, so no base backup leads to now: a new one is wanted.",
            )
        if self.store_trouble:
            return "behind", self.store_trouble
        if self.receiver_trouble:
            return "behind", f"pg_receivewal: {self.receiver_trouble}"
        if self.safe_until is None or (datetime.now(UTC) - self.safe_until).total_seconds() > _LATE_S:
            return "behind", "What was written a while ago is not in the store yet."
        held = self.slot.held_bytes / _MIB if self.slot else 0
        if held > self._keep_mib / 2:
            return (
                "behind",
                f"The server holds back {held:,.0f} MiB of log, and lets go of it at {self._keep_mib:,} MiB.",
            )
        return "streaming", "" if base is not None else "There is no base backup yet: the log alone restores nothing."
