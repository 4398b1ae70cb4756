"""What a database can be restored to, as people write it. Pure."""

import re
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from lib.backup.wal.positions import format_lsn, parse_lsn
from lib.errors import ConfigurationError

Kind = Literal["latest", "time", "lsn", "xid", "name"]

ACCEPTED = (
    'a moment with its time zone ("2026-11-23 04:05:06Z"), latest, lsn:0/16B3740, xid:4711, or name:before-the-import'
)

_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,63}")


class Target(NamedTuple):
    """Where to stop. Everything that was committed by then is there, and nothing that came after it.

    `time` (UTC) includes what was committed at that very moment; `lsn` is a place in the log, as a database shows it:
    everything before it; `xid` the number of the last transaction that is wanted; `name` that of a restore point.
    """

    kind: Kind
    time: datetime | None = None
    lsn: int = 0
    xid: int = 0
    name: str = ""

    def __str__(self) -> str:
        if self.kind == "time":
            return f"{self.time:%Y-%m-%d %H:%M:%S.%f}Z".replace(".000000", "")
        if self.kind == "latest":
            return "latest"
        value = {"lsn": format_lsn(self.lsn), "xid": str(self.xid), "name": self.name}[self.kind]
        return f"{self.kind}:{value}"


LATEST = Target("latest")


def at_time(moment: datetime) -> Target:
    """The target of a moment, which has a time zone."""
    return Target("time", time=moment.astimezone(UTC))


def parse_target(text: str) -> Target:
    """The target that a person wrote. Raises ConfigurationError saying what would be accepted.

    >>> str(parse_target("2026-11-23 04:05:06+09:00"))
    '2026-11-22 19:05:06Z'
    """
    words = text.strip()
    kind, colon, value = words.partition(":")
    if words.lower() == "latest":
        return LATEST
    if colon and kind.lower() in ("lsn", "xid", "name"):
        return _named(kind.lower(), value.strip())
    try:
        moment = datetime.fromisoformat(_with_zone(words))
    except ValueError:
        moment = None
    if moment is None:
        raise ConfigurationError(f"{text[:60]!r} is nothing to restore to.", hint=f"Accepted: {ACCEPTED}.")
    if moment.tzinfo is None:
        raise ConfigurationError(
            f"{text[:60]!r} does not say its time zone.", hint=f'Write "{words}Z" for UTC, or "{words}+09:00".'
        )
    try:
        return at_time(moment)
    except OverflowError:
        raise ConfigurationError(f"{text[:60]!r} is no moment.", hint=f"Accepted: {ACCEPTED}.") from None


def _with_zone(words: str) -> str:
    """`words` with a zone as fromisoformat reads it, behind a day alone, too."""
    zoned = re.sub(r"\s*(UTC|GMT|z)$", "Z", words)
    return re.sub(r"^(\d{4}-\d\d-\d\d)\s*(Z|[+-]\d\d:?\d\d)$", r"\1T00:00:00\2", zoned)


def _named(kind: str, value: str) -> Target:
    if kind == "lsn":
        try:
            return Target("lsn", lsn=parse_lsn(value))
        except ValueError as error:
            raise ConfigurationError(f"{error}.", hint=f"Accepted: {ACCEPTED}.") from None
    if kind == "xid":
        if not value.isascii() or not value.isdigit() or not 3 <= int(value) < 1 << 64:
            raise ConfigurationError(f"{value[:40]!r} is no transaction.", hint="A number from 3 on: xid:4711.")
        return Target("xid", xid=int(value))
    if not _NAME.fullmatch(value):
        raise ConfigurationError(f"{value[:80]!r} cannot name a restore point.", hint="One line, up to 63 characters.")
    return Target("name", name=value)
