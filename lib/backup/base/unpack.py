"""A base backup's stream made into a data folder again, every file compared with the list while it is written. It does
not read the store, nor start a server.
"""

import hashlib
import os
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from lib.backup.base.manifest import NAME, Manifest
from lib.backup.base.tar import TarStream
from lib.errors import Damaged

# the list does not speak of these: the log is known by its own checksums, and the list cannot hold its own
_UNLISTED = ("pg_wal/",)


class _Writing:
    """A Sink that writes files below `folder` and keeps what is wrong with them."""

    def __init__(self, folder: Path, manifest: Manifest, what: str) -> None:
        self._folder, self._manifest, self._what = folder, manifest, what
        self._digest = hashlib.sha256()
        self._handle: int | None = None
        self._name = ""
        self._size = 0
        self._seen: set[str] = set()
        self.wrong: list[str] = []

    def begin(self, member: tarfile.TarInfo) -> None:
        """See Sink."""
        name = member.name.removeprefix("./").rstrip("/")
        place = PurePosixPath(name)
        if place.is_absolute() or ".." in place.parts:
            raise Damaged(f"{self._what} holds a file outside of its own folder: {member.name!r}.")
        target = self._folder / place
        if member.isdir():
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif member.isreg():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._name, self._size, self._digest = name, 0, hashlib.sha256()
            self._handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        else:
            raise Damaged(
                f"{self._what} holds a link, {name!r}: tablespaces outside of the data folder are not restored."
            )

    def data(self, piece: memoryview) -> None:
        """See Sink."""
        assert self._handle is not None
        self._digest.update(piece)
        self._size += len(piece)
        while piece:
            piece = piece[os.write(self._handle, piece) :]

    def end(self) -> None:
        """See Sink."""
        if self._handle is None:
            return
        self.abandon()
        if self._name == NAME or self._name.startswith(_UNLISTED):
            return
        self._seen.add(self._name)
        listed = self._manifest.files.get(self._name)
        if listed is None:
            self.wrong.append(f"{self._name} is not on the list")
        elif listed.size != self._size:
            self.wrong.append(f"{self._name} has {self._size:,} bytes instead of {listed.size:,}")
        elif listed.sha256 != self._digest.hexdigest():
            self.wrong.append(f"{self._name} has another SHA-256 than the list says")

    def missing(self) -> list[str]:
        """What the list has and the stream had not."""
        listed = {name for name in self._manifest.files if not name.startswith(_UNLISTED)}
        return [f"{name} is missing" for name in sorted(listed - self._seen)]

    def abandon(self) -> None:
        """Closes what is open."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def unpack(
    pieces: Iterable[bytes],
    folder: Path,
    manifest: Manifest,
    *,
    what: str,
    on_bytes: Callable[[int], None] = lambda _count: None,
) -> None:
    """Writes the files of a base backup below `folder`, which is empty or not there. `on_bytes` hears of each piece.

    Raises Damaged naming every file that is not, byte for byte, what was backed up, that is missing or too many.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    writing = _Writing(folder, manifest, what)
    stream = TarStream(writing, what=what)
    try:
        for piece in pieces:
            stream.feed(piece)
            on_bytes(len(piece))
        stream.close()
    finally:
        writing.abandon()
    wrong = writing.wrong + writing.missing()
    if wrong:
        more = f", and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise Damaged(f"{what} is not what was backed up: {'; '.join(wrong[:5])}{more}.")
