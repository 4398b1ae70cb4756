"""PostgreSQL's own list of what belongs to a base backup, read and checked without its tool. It does not read files.

It says of each file its size and SHA-256, and of itself a checksum, so that a list that was changed is noticed, too.
"""

import hashlib
from typing import Any

import msgspec

from lib.backup.wal.positions import parse_lsn
from lib.errors import Damaged

NAME = "backup_manifest"

_MARK = b'"Manifest-Checksum"'


class Listed(msgspec.Struct, frozen=True):
    """A file: its bytes, and their SHA-256 (hexadecimal)."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a base backup consists of, and the stretch of the log (timeline, places) that makes it whole."""

    system: str
    files: dict[str, Listed]
    timeline: int
    start: int
    end: int


def parse_manifest(data: bytes, *, what: str) -> Manifest:
    """The manifest in `data`. Raises Damaged, naming `what`, where it is not whole, or is not what was written."""
    try:
        # the checksum covers everything before its own line
        covered, mark, _ = data.rpartition(_MARK)
        body = msgspec.json.decode(data)
        if not mark or hashlib.sha256(covered).hexdigest() != body["Manifest-Checksum"]:
            raise Damaged(f"The list of files of {what} is not what was written: its own checksum is another one.")
        return _manifest(body)
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise Damaged(f"The list of files of {what} cannot be read: {error}.") from None


def _manifest(body: dict[str, Any]) -> Manifest:
    files: dict[str, Listed] = {}
    for entry in body["Files"]:
        path = (
            entry["Path"] if "Path" in entry else bytes.fromhex(entry["Encoded-Path"]).decode(errors="surrogateescape")
        )
        if entry["Checksum-Algorithm"] != "SHA256":
            raise ValueError(f"{path} has a checksum of another kind")
        files[path] = Listed(int(entry["Size"]), entry["Checksum"])
    # several ranges there are only where a standby was promoted meanwhile; the last one ends the backup
    ranges = body["WAL-Ranges"]
    return Manifest(
        system=str(body.get("System-Identifier", "")),
        files=files,
        timeline=int(ranges[-1]["Timeline"]),
        start=min(parse_lsn(each["Start-LSN"]) for each in ranges),
        end=max(parse_lsn(each["End-LSN"]) for each in ranges),
    )
