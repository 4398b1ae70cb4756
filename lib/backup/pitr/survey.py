"""What a store can restore a database to: base backups, the log behind each, the window that they leave open. It does
not restore.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from lib.backup.base.bring import chain_of
from lib.backup.catalogue import read_backups
from lib.backup.keys import BackupKeys
from lib.backup.pitr.targets import Target
from lib.backup.store.objects import Store
from lib.backup.wal.listing import Listing, path_of, read_listing, systems
from lib.backup.wal.positions import format_lsn, number_at, parse_lsn, parse_segment, segments_between
from lib.domain.backups import Backup
from lib.errors import Damaged, NotRestorable


class Base(NamedTuple):
    """A base backup with those that it was made after, and how far the log leads behind it without a gap."""

    chain: tuple[Backup, ...]
    start: int
    end: int
    reach: int

    @property
    def backup(self) -> Backup:
        return self.chain[-1]

    @property
    def is_good(self) -> bool:
        return all(backup.state == "good" for backup in self.chain)


class Survey(NamedTuple):
    """One cluster in the store: its log, the way of its newest timeline, and its bases on that way, the oldest first.

    `end` is the place before which the log is there, as far as it goes.
    """

    system: str
    timeline: int
    path: list[tuple[int, int]]
    listing: Listing
    bases: tuple[Base, ...]
    end: int

    def own_log_end(self, base: Base) -> int:
        """Up to this place the log that lies in the base backup itself is enough."""
        return (number_at(base.end - 1, self.listing.size) + 1) * self.listing.size

    def missing_behind(self, base: Base) -> str:
        """The segment at which the log behind `base` breaks."""
        segment = next(segments_between(self.path, base.reach, base.reach + 1, self.listing.size))
        return segment.name(self.listing.size)


class Window(NamedTuple):
    """To which moments (UTC) and places a database can be restored: any from `earliest` to `latest`. `broken` says
    where log is missing in between; None and 0 where there is nothing.
    """

    system: str
    timeline: int
    earliest: datetime | None
    latest: datetime | None
    earliest_place: int
    latest_place: int
    base: str
    broken: str

    def __str__(self) -> str:
        if self.earliest is None or self.latest is None:
            return "no moment at all"
        words = f"any moment from {self.earliest:%Y-%m-%d %H:%M:%S}Z to {self.latest:%Y-%m-%d %H:%M:%S.%f}Z"
        return f"{words} ({format_lsn(self.earliest_place)} to {format_lsn(self.latest_place)}){self.broken}"


def recoverable(store: Store, keys: BackupKeys, installation: str, system: str | None = None) -> Window:
    """To what the database can be restored. Blocks. Raises StoreError, Damaged or KeyRefused."""
    return window_of(survey(store, keys, installation, system))


def survey(store: Store, keys: BackupKeys, installation: str, system: str | None = None) -> Survey:
    """What the store holds of `system`, or of the cluster with the latest sign of life. Blocks.

    Raises NotRestorable where it holds no base backup of it.
    """
    backups = read_backups(store, installation, "base")
    if system is None:
        known = [each for each in systems(store, installation) if any(b.index.system == each for b in backups)]
        newest = max(backups, key=lambda backup: backup.index.begun_at, default=None)
        system = known[0] if known else newest.index.system if newest else ""
    ours = [backup for backup in backups if backup.index.system == system]
    if not ours:
        raise NotRestorable(
            f"The store {store.place} has no base backup of cluster {system}."
            if system
            else f"The store {store.place} has no base backup.",
            hint="A logical backup may be there: insitechart backup list",
        )
    listing = read_listing(store, installation, system)
    timeline = max(listing.newest_timeline(), *(backup.index.timeline for backup in ours))
    path = path_of(store, keys, installation, listing, timeline)
    bases = tuple(_bases(ours, listing, path))
    return Survey(system, timeline, path, listing, bases, _end(listing, path, bases))


def window_of(found: Survey) -> Window:
    """The window that a survey leaves open."""
    usable = [base for base in found.bases if base.backup.state != "bad"]
    head = found.listing.head
    if not usable:
        return Window(found.system, found.timeline, None, None, 0, 0, "", "")
    first, last = usable[0], usable[-1]
    latest = last.backup.index.finished_at
    if head is not None and last.reach >= found.end:
        latest = max(latest, head.safe_until)
    gaps = [found.missing_behind(base) for base in usable if base.reach < found.end]
    broken = f", except behind {gaps[0]}, which is missing, up to the next base backup" if gaps else ""
    return Window(
        found.system, found.timeline, first.backup.index.finished_at, latest, first.end, max(last.reach, last.end),
        last.backup.id, broken,
    )  # fmt: skip


def choose(found: Survey, target: Target, place: int | None) -> Base:
    """The base backup to begin with for `target`, which is at `place` in the log where that is known: the newest good
    one before it; where none is good, the newest that was not found bad. Raises NotRestorable naming the window.
    """
    usable = [base for base in found.bases if all(backup.state != "bad" for backup in base.chain)]
    if target.time is not None:
        before = [base for base in usable if base.backup.index.finished_at <= target.time]
    else:
        before = [base for base in usable if place is None or base.end <= place]
    if not before:
        raise NotRestorable(
            f"No base backup was finished before {target}.", hint=f"What can be restored: {window_of(found)}."
        )
    leading = [base for base in before if place is None or max(base.reach, base.end) >= place]
    if not leading:
        raise Damaged(
            f"The log does not lead to {target}: segment {found.missing_behind(before[-1])} is missing.",
            hint=f"What can be restored: {window_of(found)}. Up to there: --to lsn:{format_lsn(before[-1].reach)}",
        )
    good = [base for base in leading if base.is_good]
    return (good or leading)[-1]


def _bases(backups: Sequence[Backup], listing: Listing, path: list[tuple[int, int]]) -> list[Base]:
    found = []
    for backup in backups:
        start, end = parse_lsn(backup.index.start_lsn), parse_lsn(backup.index.end_lsn)
        until = next((until for timeline, until in path if timeline == backup.index.timeline), 0)
        if end > until:
            # of a past that was left behind when something earlier was restored
            continue
        try:
            chain = tuple(chain_of(backups, backup))
        except NotRestorable:
            continue
        own = (number_at(end - 1, listing.size) + 1) * listing.size
        found.append(Base(chain, start, end, max(listing.end_on(path, own), end)))
    return found


def _end(listing: Listing, path: list[tuple[int, int]], bases: Sequence[Base]) -> int:
    """The place behind the last byte of the log on the way, and at least what the sign of life promised."""
    ends = [0, *(base.end for base in bases)]
    for name in (*listing.closed, *listing.growing):
        segment = parse_segment(name, listing.size)
        until = next((until for timeline, until in path if timeline == segment.timeline), 0)
        start = segment.start(listing.size)
        if start < until:
            ends.append(min(start + listing.reach(name), until))
    if listing.head is not None and listing.head.timeline == path[-1][0]:
        ends.append(parse_lsn(listing.head.shipped_lsn))
    return max(ends)
