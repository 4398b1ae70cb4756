"""Opens an archive as a stream of bytes, whatever it is compressed with. It does not know what the bytes mean."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import zstandard

from lib.errors import ArchiveError

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_NOT_TEXT = {
    b"PK\x03\x04": "a ZIP or Excel file",
    b"PAR1": "a Parquet file",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}

# what the zstd program itself decodes by default; a frame that asks for more would take memory without bound
_LARGEST_WINDOW = 1 << 27


class ArchiveStream:
    """The uncompressed bytes of a file, and how much of the file itself has been taken to get them."""

    def __init__(self, file: Path, raw: BinaryIO, stream: BinaryIO) -> None:
        self._file = file
        self._raw = raw
        self._stream = stream
        self.size = file.stat().st_size

    @property
    def taken(self) -> int:
        """Bytes of the file taken so far, of `size`."""
        return self._raw.tell()

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, none at the end. Raises ArchiveError where the file is damaged or was cut off."""
        try:
            return self._stream.read(size)
        except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError, OSError) as error:
            raise ArchiveError(
                f"{self._file.name} cannot be read to its end: {error}.",
                hint="What came before is imported. Fetch or copy the file again, then import it again.",
            ) from error


@contextmanager
def open_archive(file: Path) -> Iterator[ArchiveStream]:
    """The file as a stream; plain, gzip and zstd are told apart by their first bytes. Raises ArchiveError."""
    try:
        raw = file.open("rb")
    except OSError as error:
        raise ArchiveError(f"{file} cannot be opened: {error.strerror or error}.", hint="Check the path.") from error
    with raw:
        if not file.is_file():
            raise ArchiveError(f"{file} is not a file.", hint="Write it to a file first.")
        start = raw.peek(8)
        for magic, what in _NOT_TEXT.items():
            if start.startswith(magic):
                raise ArchiveError(
                    f"{file.name} is {what}.", hint="Convert it to .csv or .jsonl in UTF-8, plain, .gz or .zst."
                )
        if start.startswith(_GZIP):
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield ArchiveStream(file, raw, io.BufferedReader(unpacked, 1 << 18))
        elif start.startswith(_ZSTD):
            decompressor = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
            with decompressor.stream_reader(raw, read_across_frames=True, closefd=False) as frames:
                yield ArchiveStream(file, raw, frames)
        else:
            yield ArchiveStream(file, raw, raw)


def file_digest(file: Path) -> str:
    """16 bytes, in hexadecimal, that differ for files that differ. Raises ArchiveError where it cannot be read."""
    try:
        with file.open("rb") as raw:
            return hashlib.file_digest(raw, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise ArchiveError(f"{file} cannot be read: {error.strerror or error}.", hint="Check the path.") from error
