"""Which backups a store holds, read from the store alone: it must be right where nothing else is left.

It does not open what is sealed, nor judge what is kept for how long.
"""

import secrets
from collections import defaultdict
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from lib.backup.layout import INDEX, backup_key, backups_prefix, verdict_key
from lib.backup.store.objects import ObjectInfo, Store
from lib.domain.backups import Backup, Index, Kind, Verdict, backup_id
from lib.errors import Damaged, NotRestorable

_T = TypeVar("_T")

_VERDICT_TIME = "%Y%m%dT%H%M%S.%fZ"


def new_backup_id(now: datetime) -> str:
    """An id for a backup that begins at `now`."""
    return backup_id(now, secrets.token_hex(3))


def installations(store: Store) -> list[str]:
    """The installations that have anything in `store`."""
    return sorted({found.key.partition("/")[0] for found in store.objects() if "/" in found.key})


def only_installation(store: Store) -> str:
    """The one installation of `store`. Raises NotRestorable where there is none, or more than one to choose from."""
    found = installations(store)
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotRestorable(f"The store {store.place} is empty.", hint="Check INSITECHART_BACKUP_STORE.")
    raise NotRestorable(
        f"The store {store.place} has backups of several installations: {', '.join(found)}.",
        hint="Choose one: --installation.",
    )


def read_backups(store: Store, installation: str, kind: Kind) -> list[Backup]:
    """Every backup of a kind, the oldest first; what lacks its index is none. Raises StoreError, or Damaged naming an
    index or a verdict that cannot be read.
    """
    listed: defaultdict[str, list[str]] = defaultdict(list)
    prefix = backups_prefix(installation, kind)
    for found in store.objects(prefix):
        backup, _, name = found.key.removeprefix(prefix).partition("/")
        listed[backup].append(name)
    return [_read(store, installation, kind, backup, names) for backup, names in listed.items() if INDEX in names]


def read_backup(store: Store, installation: str, kind: Kind, backup: str) -> Backup:
    """One of them. Raises NotRestorable where there is none of that id."""
    prefix = backup_key(installation, kind, backup, "")
    names = [found.key.removeprefix(prefix) for found in store.objects(prefix)]
    if INDEX not in names:
        raise NotRestorable(
            f"The store {store.place} has no backup {backup!r}.", hint="`insitechart backup list` shows those it has."
        )
    return _read(store, installation, kind, backup, names)


def leftovers(store: Store, installation: str, kind: Kind, before: datetime) -> list[ObjectInfo]:
    """Objects of backups that were never finished and begun before `before` (UTC): nobody will finish them."""
    prefix = backups_prefix(installation, kind)
    listed: defaultdict[str, list[ObjectInfo]] = defaultdict(list)
    for found in store.objects(prefix):
        listed[found.key.removeprefix(prefix).partition("/")[0]].append(found)
    return [
        found
        for backup, objects in listed.items()
        if f"{prefix}{backup}/{INDEX}" not in {found.key for found in objects}
        and max(found.modified_at for found in objects) < before
        for found in objects
    ]


def write_index(store: Store, index: Index) -> None:
    """Makes of the objects that are there a backup."""
    key = backup_key(index.installation, index.kind, index.id, INDEX)
    store.put(key, msgspec.json.format(msgspec.json.encode(index), indent=1))


def write_verdict(store: Store, index: Index, verdict: Verdict) -> None:
    """Adds what was found; earlier verdicts stay."""
    moment = f"{verdict.at.astimezone(UTC):{_VERDICT_TIME}}"
    key = verdict_key(index.installation, index.kind, index.id, moment)
    store.put(key, msgspec.json.format(msgspec.json.encode(verdict), indent=1))


def _read(store: Store, installation: str, kind: Kind, backup: str, names: list[str]) -> Backup:
    index = _decode(store, backup_key(installation, kind, backup, INDEX), Index)
    if (index.id, index.kind, index.installation) != (backup, kind, installation):
        raise Damaged(f"The index of {backup} in {store.place} is that of {index.id}: somebody has moved it.")
    verdicts = sorted(name for name in names if name.startswith("verdicts/"))
    found = tuple(_decode(store, backup_key(installation, kind, backup, name), Verdict) for name in verdicts)
    return Backup(index=index, verdicts=found)


def _decode(store: Store, key: str, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(store.get(key), type=kind)
    except msgspec.DecodeError as error:
        raise Damaged(f"{key} in {store.place} cannot be read: {error}.") from None
