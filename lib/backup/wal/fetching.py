"""Segments of the log brought back from the store as files, each looked at before it counts. It chooses none."""

import os
import struct
from pathlib import Path

from lib.backup.keys import BackupKeys
from lib.backup.layout import segment_key
from lib.backup.sealing import unseal_bytes
from lib.backup.store.objects import Store
from lib.backup.wal.listing import Listing, covering
from lib.backup.wal.positions import PAGE, parse_segment
from lib.errors import Damaged, ObjectMissing

# the first page of a segment: magic, flags, timeline, its own place; how much of a record goes on; the cluster, the
# sizes of a segment and of a page
_LONG_HEADER = struct.Struct("=HHIQI4xQII")
_HAS_LONG_HEADER = 0x0002
_MAGIC_BYTE = 0xD1


def fetch_segment(store: Store, keys: BackupKeys, installation: str, listing: Listing, name: str, folder: Path) -> int:
    """Writes segment `name` into `folder`, filled up with zeros where it still grew; how many bytes of it are real.

    Raises Damaged, naming the object, where it is not what was stored, or another segment; KeyRefused, StoreError.
    """
    if name in listing.closed:
        key = segment_key(installation, listing.system, name)
        data = _opened(store, keys, key)
        if len(data) != listing.size:
            raise Damaged(f"{key} has {len(data):,} bytes, and a segment has {listing.size:,}.")
        end = listing.size
    else:
        pieces = covering(listing.growing.get(name, ()))
        grown, end = bytearray(listing.size), 0
        for piece in pieces:
            part = _opened(store, keys, piece.key)
            if len(part) != piece.end - piece.start or piece.end > listing.size:
                raise Damaged(f"{piece.key} has {len(part):,} bytes, and its name says {piece.end - piece.start:,}.")
            grown[piece.start : piece.end] = part
            end = piece.end
        key = pieces[0].key if pieces else segment_key(installation, listing.system, name)
        if not end:
            raise Damaged(f"{key} is gone from {store.place}.")
        data = bytes(grown)
    wrong = strange(data, name, listing.system)
    if wrong:
        raise Damaged(f"{key} is not segment {name}: {wrong}.")
    _write(folder / name, data)
    return end


def strange(data: bytes, name: str, system: str) -> str:
    """What in the first page of a segment does not fit its name and its cluster; empty where all does."""
    if len(data) < _LONG_HEADER.size:
        return "it is too short"
    magic, flags, timeline, place, _, found, size, page = _LONG_HEADER.unpack_from(data)
    if magic >> 8 != _MAGIC_BYTE or not flags & _HAS_LONG_HEADER or page != PAGE:
        return "it does not begin as one"
    if size <= 0 or place % size:
        return f"its first page says that segments have {size:,} bytes"
    segment = parse_segment(name, size)
    if str(found) != system:
        return f"its first page says that it is of cluster {found}"
    if place != segment.start(size):
        return f"its first page is that of place {place >> 32:X}/{place & 0xFFFFFFFF:X}"
    # the segment in which a timeline begins starts with what its ancestor wrote
    if timeline > segment.timeline:
        return f"its first page is of timeline {timeline}"
    return ""


def _opened(store: Store, keys: BackupKeys, key: str) -> bytes:
    try:
        return unseal_bytes(store.get(key), keys, what=key)
    except ObjectMissing:
        raise Damaged(f"{key} is gone from {store.place}.") from None


def _write(file: Path, data: bytes) -> None:
    making = file.with_suffix(".making")
    handle = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(data)
    making.replace(file)
