"""What keeping and dropping backups means for the objects of a store. Which ones are kept lib/domain/retention.py says.

First everything is planned, as data that can be shown; removing it is a step of its own, and asks the store again.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final

import msgspec

from lib.backup.catalogue import leftovers, read_backups
from lib.backup.layout import INDEX, backup_key, backups_prefix
from lib.backup.store.objects import ObjectInfo, Store, Unfinished
from lib.domain import retention
from lib.domain.backups import Backup, Kind, begun_at
from lib.domain.retention import Plan, Policy, first_segment, kept_moments, segment_position
from lib.errors import StoreError
from lib.settings import Settings

KINDS: Final[tuple[Kind, ...]] = ("logical", "base")

# nobody takes a day for one object; until then it may be under way
_LEFT_FOR = timedelta(days=1)
# a restore that has just begun may still be reading the pieces it found
_PIECES_FOR = timedelta(hours=1)

# each is a question of its own to a bucket
_AT_ONCE = 8

_SEGMENT = re.compile(r"([0-9A-F]{24})(?:\.growing/.+)?")


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """Something that goes: what it is, for a person; why; and its objects, the first of which goes before the others.

    `after` names those that must have gone before: while one of them stays, this is needed, too.
    """

    what: str
    why: str
    objects: tuple[ObjectInfo, ...]
    uploads: tuple[Unfinished, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        return sum(found.size for found in self.objects)


class Pruning(msgspec.Struct, frozen=True, kw_only=True):
    """What would be kept and removed at `at` (UTC). Where `refused` says why not, nothing may be removed."""

    installation: str
    at: datetime
    backups: tuple[Backup, ...]
    plan: Plan
    removals: tuple[Removal, ...]
    refused: str = ""

    @property
    def bytes(self) -> int:
        return sum(removal.bytes for removal in self.removals)

    @property
    def objects(self) -> int:
        return sum(len(removal.objects) for removal in self.removals)


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """What was removed, and what the store did not let go (yet), each with its words."""

    objects: int
    bytes: int
    stayed: tuple[str, ...] = ()


def policy_of(settings: Settings) -> Policy:
    """What this installation keeps."""
    return Policy(
        daily=settings.backup_keep_daily,
        weekly=settings.backup_keep_weekly,
        monthly=settings.backup_keep_monthly,
        window=timedelta(days=settings.backup_window_days),
    )


def plan_pruning(store: Store, installation: str, now: datetime, policy: Policy) -> Pruning:
    """What of `installation` in `store` goes at `now` (UTC). Removes nothing.

    Raises StoreError, or Damaged for an index that cannot be read: what is not understood is not thrown away.
    """
    backups = [backup for kind in KINDS for backup in read_backups(store, installation, kind)]
    made = retention.plan(backups, now, policy)
    found = [
        *_backups(store, installation, [backup for backup in backups if backup.id in made.drop]),
        *_log(store, installation, backups, made, now, policy),
        *_sites(store, installation, now, policy),
        *_left(store, installation, now),
    ]
    return Pruning(
        installation=installation,
        at=now,
        backups=tuple(backups),
        plan=made,
        removals=tuple(removal for removal in found if removal.objects or removal.uploads),
        refused=retention.refusal(backups, now),
    )


def prune(store: Store, agreed: Pruning, now: datetime, policy: Policy) -> Pruned:
    """Removes what was `agreed` to and would still go at `now`: the store is looked through again first.

    What it does not let go (objects may be locked for their days) is told and is no failure. Raises StoreError where it
    does not answer at all.
    """
    fresh = plan_pruning(store, agreed.installation, now, policy)
    if fresh.refused:
        return Pruned(objects=0, bytes=0, stayed=(fresh.refused,))
    may_go = {found.key for removal in agreed.removals for found in removal.objects}
    may_end = {upload.upload for removal in agreed.removals for upload in removal.uploads}
    objects = size = 0
    stayed: dict[str, str] = {}
    for removal in fresh.removals:
        held = next((name for name in removal.after if name in stayed), None)
        if held is not None:
            stayed[removal.what] = f"{removal.what}: it stays with {held}."
            continue
        for upload in removal.uploads:
            if upload.upload in may_end:
                store.abort(upload)
        going = [found for found in removal.objects if found.key in may_go]
        gone, words = _remove(store, going)
        objects += len(gone)
        size += sum(found.size for found in gone)
        if words:
            stayed[removal.what] = f"{removal.what}: {words}"
    return Pruned(objects=objects, bytes=size, stayed=tuple(stayed.values()))


def _remove(store: Store, objects: Sequence[ObjectInfo]) -> tuple[list[ObjectInfo], str]:
    """Removes the first one and, once it is gone, the others; those that are gone, and why not all are."""

    def remove(found: ObjectInfo) -> str:
        try:
            store.delete([found.key])
        except StoreError as error:
            return str(error)
        return ""

    if not objects:
        return [], ""
    words = [remove(objects[0])]
    if not words[0]:
        with ThreadPoolExecutor(_AT_ONCE) as workers:
            words += workers.map(remove, objects[1:])
    gone = [found for found, said in zip(objects, words, strict=False) if not said]
    return gone, next(filter(None, words), "")


def _backups(store: Store, installation: str, dropped: Sequence[Backup]) -> Iterator[Removal]:
    listed = {kind: _by_first_name(store, backups_prefix(installation, kind)) if dropped else {} for kind in KINDS}
    # a child goes before its parent, so that whatever ends in between leaves whole chains
    for backup in reversed(dropped):
        kind = backup.index.kind
        index = backup_key(installation, kind, backup.id, INDEX)
        yield Removal(
            what=_name(backup),
            why="bad, and no longer needed as evidence" if backup.state == "bad" else "stands for no period any more",
            # the index first: what lacks it is no backup
            objects=tuple(sorted(listed[kind][backup.id], key=lambda found: found.key != index)),
            after=tuple(_name(child) for child in dropped if child.index.parent == backup.id),
        )


def _log(
    store: Store, installation: str, backups: Sequence[Backup], made: Plan, now: datetime, policy: Policy
) -> Iterator[Removal]:
    bases = [backup for backup in backups if backup.index.kind == "base" and backup.id in made.keep]
    going = tuple(_name(base) for base in backups if base.index.kind == "base" and base.id in made.drop)
    for system, found in _by_first_name(store, f"{installation}/wal/").items():
        prefix = f"{installation}/wal/{system}/"
        mine = [base for base in bases if base.index.system == system]
        if not mine:
            if max(one.modified_at for one in found) < now - policy.window:
                yield Removal(
                    what=f"log of cluster {system}",
                    why="older than the recovery window, and no base backup that is kept begins it",
                    objects=tuple(found),
                )
            continue
        oldest = min(mine, key=first_segment)
        size = int(oldest.index.versions.get("wal_segment_bytes", retention.SEGMENT_BYTES))
        needed = first_segment(oldest)
        closed = {one.key for one in found}
        before, pieces = [], []
        for one in found:
            name = _SEGMENT.fullmatch(one.key.removeprefix(prefix))
            if name is None:
                continue
            if segment_position(name[1], size) < needed:
                before.append(one)
            elif ".growing/" in one.key and prefix + name[1] in closed and one.modified_at < now - _PIECES_FOR:
                pieces.append(one)
        yield Removal(
            what=f"log of cluster {system}",
            why=f"before {oldest.index.start_lsn}, where the oldest base backup begins that is kept",
            objects=tuple(before),
            after=going,
        )
        yield Removal(
            what=f"pieces of the log of cluster {system}",
            why="the whole segments are in the store",
            objects=tuple(pieces),
        )


def _sites(store: Store, installation: str, now: datetime, policy: Policy) -> Iterator[Removal]:
    listed = _by_first_name(store, f"{installation}/site/")
    moments: dict[str, datetime] = {}
    for name in listed:
        try:
            moments[name] = begun_at(name)
        except ValueError:
            # not ours to judge
            continue
    kept = kept_moments(moments, now, policy)
    for name in sorted(moments.keys() - kept.keys()):
        yield Removal(what=f"site {name}", why="stands for no period any more", objects=tuple(listed[name]))


def _left(store: Store, installation: str, now: datetime) -> Iterator[Removal]:
    before = now - _LEFT_FOR
    for kind in KINDS:
        yield Removal(
            what=f"what {kind} backups left behind",
            why="never finished, and nobody will",
            objects=tuple(leftovers(store, installation, kind, before)),
        )
    yield Removal(
        what="uploads",
        why="begun more than a day ago, and never ended",
        objects=(),
        uploads=tuple(
            upload
            for upload in store.unfinished()
            if upload.key.startswith(f"{installation}/") and upload.begun_at < before
        ),
    )


def _name(backup: Backup) -> str:
    return f"{backup.index.kind} backup {backup.id}"


def _by_first_name(store: Store, prefix: str) -> dict[str, list[ObjectInfo]]:
    listed: defaultdict[str, list[ObjectInfo]] = defaultdict(list)
    for found in store.objects(prefix):
        listed[found.key.removeprefix(prefix).partition("/")[0]].append(found)
    return listed
