"""The file of lines that could not be imported. It does not decide which ones."""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from lib.errors import ArchiveError, ConfigurationError

_SHOWN = 4000
_BEGINNING = b'{"file": '


class Rejected(Exception):
    """This line cannot be imported; the message is the reason, for a person."""


class Reject(NamedTuple):
    """A line that could not be imported: its number in the file, why, and the line itself."""

    line: int
    reason: str
    raw: bytes


def default_rejects(home: Path, file: Path) -> Path:
    """Where rejected lines of `file` go if nobody names a place: always the same for one file, never for two."""
    place = hashlib.blake2b(str(file.absolute()).encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()
    return home / "rejects" / f"{file.name}.{place}.jsonl"


class RejectsFile:
    """Appends JSON lines {file, line, reason, text}; made on the first reject, readable by its owner alone.

    `size` belongs into the import's cursor: reopened with it, the file loses what a killed run wrote past its last
    commit.
    """

    def __init__(self, path: Path, archive: str, size: int) -> None:
        self.path = path
        self.size = size
        self._archive = archive
        self._handle: int | None = None

    def __enter__(self) -> "RejectsFile":
        if self.path.exists():
            with self.path.open("rb") as existing:
                beginning = existing.read(len(_BEGINNING))
            if beginning and beginning != _BEGINNING:
                raise ConfigurationError(
                    f"{self.path} is not a file of rejected lines, and would be overwritten.",
                    hint="Name another one: --rejects FILE.",
                )
            os.truncate(self.path, min(self.size, self.path.stat().st_size))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        if self.size == 0:
            self.path.unlink(missing_ok=True)

    def write(self, rejects: Iterable[Reject]) -> None:
        """Appends and makes durable, before the caller commits the rows that came with them. Raises ArchiveError."""
        lines = b"".join(self._encoded(reject) for reject in rejects)
        if not lines:
            return
        try:
            if self._handle is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            view = memoryview(lines)
            while view:
                view = view[os.write(self._handle, view) :]
            os.fsync(self._handle)
            self.size = os.fstat(self._handle).st_size
        except OSError as error:
            raise ArchiveError(
                f"Rejected lines cannot be written to {self.path}: {error.strerror}.",
                hint="Name another file: --rejects FILE.",
            ) from error

    def _encoded(self, reject: Reject) -> bytes:
        text = reject.raw[: _SHOWN * 4].decode("utf-8", "backslashreplace")[:_SHOWN]
        entry = {"file": self._archive, "line": reject.line, "reason": reject.reason, "text": text}
        return json.dumps(entry, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
