"""A copy of a drill's store, spoiled in one known way. It does not know who has to notice.

Unchanged objects are links to those of the original; a changed one is a file of its own, so the original stays whole.
"""

import os
import shutil
from datetime import timedelta
from pathlib import Path

import msgspec

from lib.backup.layout import ARCHIVE, INDEX, backup_key, backups_prefix, wal_prefix
from lib.backup.store.folder import FolderStore
from lib.backup.wal.positions import is_segment, number_at, parse_lsn, parse_segment
from lib.domain.backups import Index, Kind
from lib.errors import DrillRefused


def copy_of(store: FolderStore, folder: Path) -> FolderStore:
    """The same objects below `folder`."""
    shutil.copytree(store.folder, folder, copy_function=os.link)
    return FolderStore(folder)


def truncate(store: FolderStore, index: Index) -> str:
    """Cuts the archive of a backup in the middle; what was done."""
    key = backup_key(index.installation, index.kind, index.id, ARCHIVE)
    file = _own(store, key)
    size = file.stat().st_size
    os.truncate(file, size // 2)
    return f"{key} was cut from {size:,} to {size // 2:,} bytes"


def flip(store: FolderStore, index: Index) -> str:
    """Flips one bit in the middle of the archive of a backup; what was done."""
    key = backup_key(index.installation, index.kind, index.id, ARCHIVE)
    file = _own(store, key)
    place = file.stat().st_size // 2
    with file.open("r+b") as opened:
        opened.seek(place)
        byte = opened.read(1)[0] ^ 0x10
        opened.seek(place)
        opened.write(bytes([byte]))
    return f"one bit of byte {place:,} of {key} was flipped"


def _own(store: FolderStore, key: str) -> Path:
    """The file of an object, which the original has no part in any more."""
    file = store.folder / key
    own = file.with_name(f"{file.name}.own")
    shutil.copyfile(file, own)
    own.replace(file)
    return file


def closed_segments(store: FolderStore, installation: str, system: str) -> list[str]:
    """The names of the closed segments of a log, in order."""
    prefix = wal_prefix(installation, system)
    names = [found.key.removeprefix(prefix) for found in store.objects(prefix)]
    return sorted(name for name in names if is_segment(name))


def lose_segment(store: FolderStore, base: Index) -> str:
    """Removes a segment that is needed to come from `base` to the latest moment; its name. Raises DrillRefused where
    there is none to lose.
    """
    segments = closed_segments(store, base.installation, base.system)
    if len(segments) < 3:
        raise DrillRefused("The drill's log is too short to lose a segment in its middle.")
    # without its very last segment a log is shorter, and nobody can know that it went on
    lost = _in_the_middle(segments, base)
    store.delete([f"{wal_prefix(base.installation, base.system)}{lost}"])
    return lost


def _in_the_middle(segments: list[str], base: Index) -> str:
    size = int(base.versions["wal_segment_bytes"])
    first = number_at(parse_lsn(base.start_lsn or "0/0"), size)
    needed = [name for name in segments if parse_segment(name, size).number >= first]
    return needed[-2] if len(needed) > 1 else segments[-1]


def shift(store: FolderStore, installation: str, kinds: tuple[Kind, ...], by: timedelta) -> None:
    """Moves every backup in time: what an installation looks like whose last good backup is old, or whose clock was
    wrong when it was taken.
    """
    for kind in kinds:
        prefix = backups_prefix(installation, kind)
        for found in list(store.objects(prefix)):
            if found.key.endswith(f"/{INDEX}"):
                index = msgspec.json.decode(store.get(found.key), type=Index)
                moved = msgspec.structs.replace(index, begun_at=index.begun_at + by, finished_at=index.finished_at + by)
                store.replace(found.key, msgspec.json.encode(moved))
