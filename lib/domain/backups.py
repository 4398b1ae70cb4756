"""Backups as people speak of them: what was taken, whether it is good, where it lies. Pure: it does not take one."""

from datetime import UTC, datetime
from typing import Literal

import msgspec

Kind = Literal["logical", "base"]
# a backup is good only once a restore of it was verified
State = Literal["taken", "good", "bad"]

ID_FORMAT = "%Y%m%dT%H%M%SZ"


class Stored(msgspec.Struct, frozen=True):
    """One stored object of a backup: its bytes, their SHA-256 (hexadecimal), and how many there were before sealing."""

    bytes: int
    sha256: str
    plain_bytes: int


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a backup in the clear, beside it: enough to choose one without a key. Written last, so that what
    lacks it is no backup.

    `id` begins with the moment at which it was begun. `recipients` are the public halves of the keys that open it. A
    base backup has the system and the timeline it belongs to, and the positions in the log (LSN, as PostgreSQL writes
    them) between which its log lies: from there on it can be rolled forward. An incremental one has a `parent`.
    """

    format: int = 1
    id: str
    kind: Kind
    installation: str
    begun_at: datetime
    finished_at: datetime
    objects: dict[str, Stored]
    recipients: tuple[str, ...]
    parent: str | None = None
    system: str = ""
    timeline: int = 0
    start_lsn: str = ""
    end_lsn: str = ""
    migration: str = ""
    versions: dict[str, str] = {}

    @property
    def stored_bytes(self) -> int:
        return sum(stored.bytes for stored in self.objects.values())

    @property
    def plain_bytes(self) -> int:
        return sum(stored.plain_bytes for stored in self.objects.values())


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at, what was found, and how long that took."""

    name: str
    ok: bool
    found: str
    seconds: float = 0.0


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What came of verifying a backup at `at` (UTC). Where `ok` is False, the checks that failed say what and where."""

    at: datetime
    ok: bool
    seconds: float
    checks: tuple[Check, ...]


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """A backup in a store, and what was found of it so far, the newest verdict last."""

    index: Index
    verdicts: tuple[Verdict, ...] = ()

    @property
    def id(self) -> str:
        return self.index.id

    @property
    def state(self) -> State:
        """good or bad as the newest verdict says; taken where there is none yet."""
        if not self.verdicts:
            return "taken"
        return "good" if self.verdicts[-1].ok else "bad"


def backup_id(moment: datetime, distinction: str) -> str:
    """The id of a backup that begins at `moment`: ids sort by time, and `distinction` keeps two of a second apart.

    >>> backup_id(datetime(2026, 11, 23, 4, 5, 6, tzinfo=UTC), "9f3a")
    '20261123T040506Z-9f3a'
    """
    return f"{moment.astimezone(UTC):{ID_FORMAT}}-{distinction}"


def begun_at(id: str) -> datetime:  # noqa: A002  it is what everybody calls it
    """The moment (UTC) in an id. Raises ValueError for what is none."""
    return datetime.strptime(id.partition("-")[0], ID_FORMAT).replace(tzinfo=UTC)
