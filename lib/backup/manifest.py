"""What must be found again in a logical backup once it is restored; sealed beside its archive. It does not compare.

The index, which lies there in the clear, says nothing that the manifest does not say, too: whoever changes it is found
out by whoever has the key.
"""

import hashlib
from datetime import datetime
from typing import Any

import msgspec

from lib.backup.keys import BackupKeys
from lib.backup.layout import ARCHIVE, INDEX, MANIFEST, backup_key
from lib.backup.sealing import seal_bytes, unseal_bytes
from lib.backup.store.objects import Store
from lib.domain.backups import Index, Stored
from lib.domain.contents import Role, Sequence, Table
from lib.errors import Damaged


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A database at `snapshot_at` (UTC), when its log was at `lsn`; `finished_at` is when the archive was whole.

    `database` has what its texts are written in, `settings` those that the database has by itself (name=value), `bytes`
    the room that it took.
    """

    format: int = 1
    id: str
    installation: str
    begun_at: datetime
    finished_at: datetime
    recipients: tuple[str, ...]
    archive: Stored
    snapshot_at: datetime
    lsn: str
    migration: str
    versions: dict[str, str]
    database: dict[str, str]
    settings: tuple[str, ...]
    bytes: int
    large_objects: int
    extensions: dict[str, str]
    roles: dict[str, Role]
    tables: dict[str, Table]
    sequences: dict[str, Sequence]
    schema: dict[str, str]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())


def write_manifest(store: Store, manifest: Manifest) -> Index:
    """Puts the manifest beside its archive; returns the index that makes a backup of both, still to be written."""
    plain = msgspec.json.encode(manifest)
    sealed = seal_bytes(plain, manifest.recipients)
    store.put(backup_key(manifest.installation, "logical", manifest.id, MANIFEST), sealed)
    return index_of(manifest, Stored(len(sealed), hashlib.sha256(sealed).hexdigest(), len(plain)))


def index_of(manifest: Manifest, stored: Stored) -> Index:
    """The index of a backup with this manifest, which is `stored` so."""
    return Index(
        id=manifest.id,
        kind="logical",
        installation=manifest.installation,
        begun_at=manifest.begun_at,
        finished_at=manifest.finished_at,
        objects={ARCHIVE: manifest.archive, MANIFEST: stored},
        recipients=manifest.recipients,
        start_lsn=manifest.lsn,
        migration=manifest.migration,
        versions=manifest.versions,
    )


def read_manifest(store: Store, keys: BackupKeys, index: Index) -> Manifest:
    """The manifest of a backup. Raises Damaged, KeyRefused, or StoreError where it is not there."""
    what = f"the manifest of {index.id}"
    stored = index.objects.get(MANIFEST)
    if stored is None:
        raise Damaged(f"The index of {index.id} does not know {what}.")
    data = store.get(backup_key(index.installation, "logical", index.id, MANIFEST))
    plain = unseal_bytes(data, keys, what=what, sha256=stored.sha256)
    try:
        return msgspec.json.decode(plain, type=Manifest)
    except msgspec.DecodeError as error:
        raise Damaged(f"{what} cannot be read: {error}.") from None


def check_index(store: Store, index: Index, manifest: Manifest) -> None:
    """Raises Damaged where the index in the store is not, word for word, what the manifest makes of it."""
    raw = store.get(backup_key(index.installation, "logical", index.id, INDEX))
    ours = index_of(manifest, index.objects[MANIFEST])
    expected: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(ours))
    try:
        found: dict[str, Any] = msgspec.json.decode(raw, type=dict)
        read = msgspec.convert(found, Index)
    except msgspec.DecodeError as error:
        raise Damaged(f"The index of {index.id} cannot be read: {error}.") from None
    wrong = {name for name, value in found.items() if name not in expected or expected[name] != value}
    # a later version may know of more than the index of an older backup says
    wrong |= {name for name in expected.keys() - found.keys() if getattr(read, name) != getattr(ours, name)}
    if wrong or msgspec.json.format(raw, indent=1) != raw:
        where = ", ".join(sorted(wrong)) or "the way it is written"
        raise Damaged(f"The index of {index.id} was changed after it was written: {where}.")
