"""The names of objects in a store of backups. It does not read or write any.

    INSTALLATION/dumps/ID/…              a logical backup       INSTALLATION/base/ID/…   a base backup
        archive                          sealed: what pg_dump or pg_basebackup wrote
        manifest                         sealed: what must be found again
        index.json                       in the clear, written last: what lacks it is no backup
        verdicts/MOMENT.json             in the clear: what came of verifying it
    INSTALLATION/wal/SYSTEM/SEGMENT      sealed: a closed segment of the write-ahead log
    INSTALLATION/wal/SYSTEM/SEGMENT.growing/START-END   sealed: bytes of one that still grows (offsets, hexadecimal)
    INSTALLATION/wal/SYSTEM/TIMELINE.history            sealed
    INSTALLATION/wal/SYSTEM/head.json    in the clear, replaced: how far the log is here, a sign of life
    INSTALLATION/site/ID/…               what a site needs beside its database

INSTALLATION tells databases apart (lib/db/installation.py), SYSTEM the clusters that one had in its life.
"""

from lib.domain.backups import Kind

ARCHIVE, MANIFEST, INDEX = "archive", "manifest", "index.json"

_FOLDERS: dict[Kind, str] = {"logical": "dumps", "base": "base"}


def backups_prefix(installation: str, kind: Kind) -> str:
    """Before the keys of all backups of a kind."""
    return f"{installation}/{_FOLDERS[kind]}/"


def backup_key(installation: str, kind: Kind, backup: str, name: str) -> str:
    """The key of an object of one backup."""
    return f"{backups_prefix(installation, kind)}{backup}/{name}"


def verdict_key(installation: str, kind: Kind, backup: str, moment: str) -> str:
    """The key of a verdict on it."""
    return backup_key(installation, kind, backup, f"verdicts/{moment}.json")


def wal_prefix(installation: str, system: str) -> str:
    """Before the keys of the whole log of one cluster."""
    return f"{installation}/wal/{system}/"


def segment_key(installation: str, system: str, name: str) -> str:
    """The key of a closed segment, or of the history of a timeline."""
    return wal_prefix(installation, system) + name


def growing_prefix(installation: str, system: str, segment: str) -> str:
    """Before the keys of the pieces of a segment that still grows."""
    return f"{wal_prefix(installation, system)}{segment}.growing/"


def growing_key(installation: str, system: str, segment: str, start: int, end: int) -> str:
    """The key of its bytes from `start` up to, without, `end`.

    >>> growing_key("a", "7", "000000010000000000000001", 0, 8192)
    'a/wal/7/000000010000000000000001.growing/00000000-00002000'
    """
    return f"{growing_prefix(installation, system, segment)}{start:08x}-{end:08x}"


def head_key(installation: str, system: str) -> str:
    """The key of the sign of life."""
    return f"{wal_prefix(installation, system)}head.json"


def sites_prefix(installation: str) -> str:
    """Before the keys of what sites need beside their databases."""
    return f"{installation}/site/"


def site_key(installation: str, site: str, name: str) -> str:
    """The key of an object of one of them."""
    return f"{sites_prefix(installation)}{site}/{name}"
