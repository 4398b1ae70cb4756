"""Streams that are squeezed, sealed and digested on their way to a store, and the way back. It does not know what they
hold.

zstd with its checksum, then age (X25519 and ChaCha20-Poly1305, in frames that are each authenticated), then SHA-256 of
what is stored. Whoever holds the key can open an object without us: `age -d -i KEYS OBJECT | zstd -d`.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from threading import Thread
from typing import NamedTuple

import pyrage
import zstandard
from pyrage import x25519

from lib.backup.keys import BackupKeys
from lib.backup.pipes import Pipe, Reader, Writer, ahead
from lib.errors import Damaged, KeyRefused

LEVEL = 3


class Sealed(NamedTuple):
    """What came of a stream: its bytes and those that are stored, and the SHA-256 of these (hexadecimal)."""

    plain_bytes: int
    bytes: int
    sha256: str


class _Count:
    """How many bytes went by, and their SHA-256."""

    def __init__(self) -> None:
        self.bytes = 0
        self._digest = hashlib.sha256()

    def look(self, piece: bytes) -> None:
        self.bytes += len(piece)
        self._digest.update(piece)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def seal(
    source: Iterable[bytes], write: Callable[[bytes], None], recipients: Iterable[str], *, level: int = LEVEL
) -> Sealed:
    """Squeezes and seals `source` and hands what comes of it to `write`, piece by piece, in bounded memory.

    Reading and squeezing go on beside sealing and writing. An error of `source` or `write` is raised as it is.
    """
    plain_bytes, stored = 0, _Count()
    squeezing = zstandard.ZstdCompressor(level=level, write_checksum=True).compressobj()

    def squeeze(piece: bytes) -> bytes:
        nonlocal plain_bytes
        plain_bytes += len(piece)
        return squeezing.compress(piece)

    def store(piece: bytes) -> None:
        stored.look(piece)
        write(piece)

    squeezed = ahead(source, squeeze, squeezing.flush)
    reader, writer = Reader(squeezed, lambda _: None), Writer(store)
    try:
        pyrage.encrypt_io(reader, writer, [x25519.Recipient.from_str(recipient) for recipient in recipients])
    except Exception:
        # what happened around it is the cause; age only says that its stream broke
        cause = reader.error or writer.error
        if cause is None:
            raise
        raise cause from None
    finally:
        squeezed.close()
    if writer.error is not None:
        # of what age writes at its very end it does not tell an error
        raise writer.error
    return Sealed(plain_bytes, stored.bytes, stored.sha256)


def unseal(source: Iterable[bytes], keys: BackupKeys, *, what: str, sha256: str | None = None) -> Iterator[bytes]:
    """The plain bytes of a sealed stream, piece by piece; every piece that is given out has been authenticated.

    Raises KeyRefused where no key opens it, and Damaged, naming `what`, for a stream that is not whole, was changed or,
    where `sha256` (hexadecimal) is known, is another one. That may be known at its end alone: nothing counts before.
    """
    stored, pipe = _Count(), Pipe()
    reader = Reader(source, stored.look)

    def open_it() -> None:
        try:
            pyrage.decrypt_io(reader, pipe, list(keys.identities))
            reader.drain()
            pipe.end(None)
        except BaseException as error:  # noqa: BLE001  it is raised by whoever reads
            pipe.end(reader.error or error)

    thread = Thread(target=open_it, name="unseal", daemon=True)
    thread.start()
    unsqueezing = zstandard.ZstdDecompressor().decompressobj()
    try:
        for piece in pipe:
            plain = unsqueezing.decompress(piece)
            if plain:
                yield plain
    except (pyrage.DecryptError, zstandard.ZstdError, OSError) as error:
        if error is reader.error:
            raise
        at = stored.bytes
        pipe.close()
        thread.join()
        reader.drain()
        if "matching keys" in str(error) and sha256 in (None, stored.sha256):
            raise KeyRefused(
                f"No key at hand opens {what}.",
                hint="Give the key that it was sealed for: INSITECHART_BACKUP_KEYS_FILE.",
            ) from None
        raise Damaged(f"{what} is damaged at, or a little before, its byte {at:,}.") from None
    finally:
        pipe.close()
        thread.join()
    if sha256 is not None and stored.sha256 != sha256:
        raise Damaged(f"{what} is not what was stored: its SHA-256 is another one.")
    if not unsqueezing.eof:
        raise Damaged(f"{what} ends too early: it was cut before it was sealed.")


def seal_bytes(data: bytes, recipients: Iterable[str]) -> bytes:
    """`data` squeezed and sealed, for small objects."""
    pieces: list[bytes] = []
    seal([data], pieces.append, recipients)
    return b"".join(pieces)


def unseal_bytes(data: bytes, keys: BackupKeys, *, what: str, sha256: str | None = None) -> bytes:
    """What `seal_bytes` was given. Raises KeyRefused or Damaged."""
    return b"".join(unseal([data], keys, what=what, sha256=sha256))
