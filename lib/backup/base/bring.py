"""Base backups brought back from the store as one data folder: read, checked file by file, combined where they are a
chain. It does not start a server on it.
"""

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from lib.backup.base.manifest import Manifest, parse_manifest
from lib.backup.base.unpack import unpack
from lib.backup.keys import BackupKeys
from lib.backup.layout import ARCHIVE, MANIFEST, backup_key
from lib.backup.programs import run
from lib.backup.sealing import unseal, unseal_bytes
from lib.backup.store.objects import Store
from lib.domain.backups import Backup, Index
from lib.errors import BackupFailed, Damaged, NotRestorable, ObjectMissing
from lib.postgres.binaries import major_version
from lib.postgres.cluster import clean_environment

_LINKS_SINCE = 18


def chain_of(backups: Iterable[Backup], backup: Backup) -> list[Backup]:
    """`backup` behind those that it was made after, the whole one first. Raises NotRestorable where one is gone."""
    by_id = {each.id: each for each in backups}
    chain = [backup]
    while (parent := chain[0].index.parent) is not None:
        if parent not in by_id or len(chain) > len(by_id):
            raise NotRestorable(
                f"{chain[0].id} holds what changed since {parent}, and {parent} is not there any more.",
                hint="Choose an earlier or a later backup: `insitechart backup list`.",
            )
        chain.insert(0, by_id[parent])
    return chain


def read_manifest(store: Store, keys: BackupKeys, index: Index) -> Manifest:
    """The list of files of a base backup. Raises Damaged, KeyRefused or StoreError."""
    what = f"the list of files of {index.id}"
    if MANIFEST not in index.objects or ARCHIVE not in index.objects:
        raise Damaged(f"The index of {index.id} does not name its objects.")
    try:
        sealed = store.get(backup_key(index.installation, "base", index.id, MANIFEST))
    except ObjectMissing as error:
        raise Damaged(f"{index.id} is not whole: {error.key} is gone.") from None
    data = unseal_bytes(sealed, keys, what=what, sha256=index.objects[MANIFEST].sha256)
    manifest = parse_manifest(data, what=index.id)
    if manifest.system not in ("", index.system):
        raise Damaged(f"The list of files of {index.id} is that of another cluster.")
    return manifest


def bring(
    store: Store,
    keys: BackupKeys,
    chain: Sequence[Backup],
    folder: Path,
    programs: Path,
    *,
    on_bytes: Callable[[int], None] = lambda _count: None,
) -> None:
    """Makes the data folder `folder` of the last backup of `chain`. Blocks. `on_bytes` hears of each piece.

    Raises Damaged saying which backup and which files are not what was backed up, KeyRefused or StoreError.
    """
    if len(chain) == 1:
        _unpacked(store, keys, chain[0].index, folder, on_bytes)
        return
    parts = folder.with_name(f"{folder.name}.parts")
    try:
        for backup in chain:
            _unpacked(store, keys, backup.index, parts / backup.id, on_bytes)
        command: list[str | Path] = [programs / "pg_combinebackup", "--no-sync", "--no-manifest", f"--output={folder}"]
        if major_version(programs) >= _LINKS_SINCE:
            command.append("--link")
        run([*command, *(parts / backup.id for backup in chain)], clean_environment(), seconds=24 * 3600)
    except BackupFailed as error:
        raise Damaged(f"{chain[-1].id} cannot be combined with those before it: {error}") from None
    finally:
        shutil.rmtree(parts, ignore_errors=True)


def _unpacked(store: Store, keys: BackupKeys, index: Index, folder: Path, on_bytes: Callable[[int], None]) -> None:
    manifest = read_manifest(store, keys, index)
    sealed = store.read(backup_key(index.installation, "base", index.id, ARCHIVE))
    what = f"base backup {index.id}"
    try:
        plain = unseal(sealed, keys, what=what, sha256=index.objects[ARCHIVE].sha256)
        unpack(plain, folder, manifest, what=what, on_bytes=on_bytes)
    except ObjectMissing as error:
        raise Damaged(f"{index.id} is not whole: {error.key} is gone.") from None
