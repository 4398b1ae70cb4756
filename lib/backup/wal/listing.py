"""What of one cluster's log a store holds: closed segments, pieces of one that grows, histories, the sign of life. It
does not open what is sealed but the histories.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from lib.backup.keys import BackupKeys
from lib.backup.layout import head_key, segment_key, wal_prefix
from lib.backup.sealing import unseal_bytes
from lib.backup.store.objects import Store
from lib.backup.wal.positions import (
    USUAL_SEGMENT,
    fork_path,
    history_name,
    history_timeline,
    is_segment,
    parse_segment,
    segments_between,
)
from lib.errors import Damaged, ObjectMissing

_GROWING = ".growing"


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """How far the log is in the store, told at `at` (UTC): every byte before `shipped_lsn`, every commit before
    `safe_until` (UTC, the database's clock). `contiguous_from` is the place from which on nothing is missing.
    """

    format: int = 1
    system: str
    timeline: int
    segment_bytes: int
    written_lsn: str
    shipped_lsn: str
    contiguous_from: str
    safe_until: datetime
    at: datetime


class Piece(NamedTuple):
    """Bytes of a segment that grew, from `start` up to, without, `end` (offsets)."""

    start: int
    end: int
    key: str


class Listing(NamedTuple):
    """The log of one cluster in the store: when each closed segment was written there (UTC, the store's clock), pieces
    by the name of their segment, and the timelines whose history is there.
    """

    system: str
    size: int
    closed: dict[str, datetime]
    growing: dict[str, list[Piece]]
    histories: tuple[int, ...]
    head: Head | None

    def reach(self, name: str) -> int:
        """How many bytes of this segment are there, from its beginning on."""
        if name in self.closed:
            return self.size
        return max((piece.end for piece in covering(self.growing.get(name, ()))), default=0)

    def newest_timeline(self) -> int:
        """The timeline of the newest that is here; 0 where nothing is."""
        names = [*self.closed, *self.growing]
        return max((parse_segment(name, self.size).timeline for name in names), default=0)

    def end_on(self, path: list[tuple[int, int]], start: int) -> int:
        """The place up to which nothing is missing behind `start` along `path`; `start` where nothing is there."""
        place = start
        known = {parse_segment(name, self.size).number for name in (*self.closed, *self.growing)}
        for segment in segments_between(path, start, (max(known, default=0) + 1) * self.size, self.size):
            reach = self.reach(segment.name(self.size))
            place = max(place, segment.start(self.size) + reach) if reach else place
            if reach < self.size:
                break
        return place


def read_listing(store: Store, installation: str, system: str) -> Listing:
    """What the store holds of the log of cluster `system`. Raises StoreError, or Damaged for a broken sign of life."""
    closed: dict[str, datetime] = {}
    growing: defaultdict[str, list[Piece]] = defaultdict(list)
    histories: list[int] = []
    prefix = wal_prefix(installation, system)
    for found in store.objects(prefix):
        name, _, piece = found.key.removeprefix(prefix).partition("/")
        timeline = history_timeline(name)
        if timeline is not None:
            histories.append(timeline)
        elif is_segment(name) and not piece:
            closed[name] = found.modified_at
        elif is_segment(name.removesuffix(_GROWING)) and piece:
            start, _, end = piece.partition("-")
            growing[name.removesuffix(_GROWING)].append(Piece(int(start, 16), int(end, 16), found.key))
    head = read_head(store, installation, system)
    size = head.segment_bytes if head else USUAL_SEGMENT
    return Listing(system, size, closed, dict(growing), tuple(sorted(histories)), head)


def read_head(store: Store, installation: str, system: str) -> Head | None:
    """The sign of life; None where there never was one."""
    key = head_key(installation, system)
    try:
        return msgspec.json.decode(store.get(key), type=Head)
    except ObjectMissing:
        return None
    except msgspec.DecodeError as error:
        raise Damaged(f"{key} in {store.place} cannot be read: {error}.") from None


def write_head(store: Store, installation: str, head: Head) -> None:
    """Replaces it."""
    store.replace(head_key(installation, head.system), msgspec.json.format(msgspec.json.encode(head), indent=1))


def read_history(store: Store, keys: BackupKeys, installation: str, system: str, timeline: int) -> str:
    """The text of a timeline's history. Raises Damaged or KeyRefused."""
    key = segment_key(installation, system, history_name(timeline))
    try:
        return unseal_bytes(store.get(key), keys, what=key).decode("utf-8", errors="replace")
    except ObjectMissing:
        raise Damaged(f"{key} is gone from {store.place}: where timeline {timeline} began is not known.") from None


def path_of(
    store: Store, keys: BackupKeys, installation: str, listing: Listing, timeline: int
) -> list[tuple[int, int]]:
    """The way of `timeline` from the first one on (fork_path)."""
    if timeline <= 1:
        return fork_path("", timeline)
    text = read_history(store, keys, installation, listing.system, timeline)
    try:
        return fork_path(text, timeline)
    except ValueError as error:
        raise Damaged(f"The history of timeline {timeline} in {store.place} cannot be read: {error}.") from None


def covering(pieces: Sequence[Piece]) -> list[Piece]:
    """Of `pieces`, which may overlap, those that lead from the segment's beginning furthest, without a gap."""
    chosen: list[Piece] = []
    place, left = 0, sorted(pieces)
    while True:
        usable = [piece for piece in left if piece.start <= place < piece.end]
        if not usable:
            return chosen
        best = max(usable, key=lambda piece: piece.end)
        chosen.append(best)
        place = best.end


def systems(store: Store, installation: str) -> list[str]:
    """The clusters whose log is in the store, that with the latest sign of life first."""
    prefix = wal_prefix(installation, "")[:-1]
    found = {each.key.removeprefix(prefix).partition("/")[0] for each in store.objects(prefix)}
    heads = {system: read_head(store, installation, system) for system in found}
    return sorted(found, key=lambda system: head.at.timestamp() if (head := heads[system]) else 0.0, reverse=True)
