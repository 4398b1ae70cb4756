"""A folder as a store: what an installation has that was given nothing else. It does not know what an object means.

Objects are files for their owner alone (0600). One is written beside its place, flushed to the disk, and linked to its
name, so that it is seen whole or not at all, and never replaced by accident. It lies on one machine: whoever loses the
machine loses it, too.
"""

import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from lib.backup.store.objects import CHUNK, ObjectInfo, Unfinished, Upload, checked_key
from lib.errors import ObjectExists, ObjectMissing, StoreError

_MAKING = ".making"


class FolderStore:
    """A Store in `folder`, which is made at the first write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def place(self) -> str:
        return str(self.folder)

    def put(self, key: str, data: bytes) -> None:
        """See Store."""
        try:
            with self.begin(key) as upload:
                upload.write(data)
                upload.commit()
        except ObjectExists:
            if self.get(key) != data:
                raise

    def replace(self, key: str, data: bytes) -> None:
        """See Store."""
        with _Writing(self, key) as writing:
            writing.write(data)
            writing.commit(replacing=True)

    def begin(self, key: str, *, metadata: Mapping[str, str] | None = None) -> Upload:
        """See Store. A folder keeps no metadata."""
        writing = _Writing(self, key)
        if writing.target.exists():
            writing.abandon()
            raise ObjectExists(self.place, key)
        return writing

    def get(self, key: str) -> bytes:
        """See Store."""
        with self._telling(key):
            return self._file(key).read_bytes()

    def read(self, key: str) -> Iterator[bytes]:
        """See Store."""
        with self._telling(key), self._file(key).open("rb", buffering=0) as file:
            while piece := file.read(CHUNK):
                yield piece

    def objects(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """See Store."""
        found = []
        for file in self._below(prefix):
            key = file.relative_to(self.folder).as_posix()
            if key.startswith(prefix) and not file.name.startswith("."):
                # it may be pruned by another process meanwhile
                with suppress(FileNotFoundError):
                    stat = file.stat()
                    found.append(ObjectInfo(key, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC)))
        return iter(sorted(found))

    def delete(self, keys: Iterable[str]) -> int:
        """See Store. Folders that are left empty go, too."""
        count = 0
        for key in keys:
            file = self._file(key)
            with self._telling(key):
                file.unlink(missing_ok=True)
            count += 1
            for parent in file.parents:
                if parent == self.folder:
                    break
                with suppress(OSError):
                    parent.rmdir()
        return count

    def unfinished(self) -> Iterator[Unfinished]:
        """See Store."""
        for file in self._below(""):
            if file.name.startswith(".") and file.name.endswith(_MAKING):
                with suppress(FileNotFoundError):
                    begun = datetime.fromtimestamp(file.stat().st_mtime, UTC)
                    key = file.relative_to(self.folder).parent / file.name.removeprefix(".").rsplit(".", 2)[0]
                    yield Unfinished(key.as_posix(), str(file), begun)

    def abort(self, upload: Unfinished) -> None:
        """See Store."""
        with self._telling(upload.key):
            Path(upload.upload).unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        return self.folder / checked_key(key)

    def _below(self, prefix: str) -> list[Path]:
        # the part of the prefix that names a folder spares looking through all the others
        start = self.folder / prefix.rpartition("/")[0]
        try:
            return [file for file in start.rglob("*") if file.is_file()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(self.place, error.strerror or str(error)) from error

    @contextmanager
    def _telling(self, key: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise ObjectMissing(self.place, key) from None
        except OSError as error:
            raise StoreError(self.place, error.strerror or str(error)) from error


class _Writing:
    """An Upload into a file beside its target."""

    def __init__(self, store: FolderStore, key: str) -> None:
        self._store, self._key = store, key
        self.target = store.folder / checked_key(key)
        self._making = self.target.with_name(f".{self.target.name}.{secrets.token_hex(6)}{_MAKING}")
        with self._telling():
            self._handle = self._open()
        self._is_open = True

    def write(self, data: bytes) -> None:
        """See Upload."""
        left = memoryview(data)
        with self._telling():
            while left:
                left = left[os.write(self._handle, left) :]

    def commit(self, *, replacing: bool = False) -> None:
        """See Upload."""
        try:
            with self._telling():
                os.fsync(self._handle)
                if replacing:
                    self._making.replace(self.target)
                else:
                    # a link, for it fails where a rename would replace
                    os.link(self._making, self.target)
                _flush_folder(self.target.parent)
        except FileExistsError:
            raise ObjectExists(self._store.place, self._key) from None
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Leaves nothing of it behind."""
        if self._is_open:
            self._is_open = False
            os.close(self._handle)
            self._making.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon()

    def _open(self) -> int:
        self._store.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            self.target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                return os.open(self._making, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            except FileNotFoundError:
                # somebody has pruned the last object of this folder, and the folder, in this very moment
                if not self._store.folder.is_dir():
                    raise

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except FileExistsError:
            raise
        except OSError as error:
            raise StoreError(self._store.place, error.strerror or str(error)) from error


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
