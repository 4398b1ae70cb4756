"""Which backups are kept, and why: a pure decision on what a store holds. It does not remove anything.

Logical backups reach far back, ever more thinly: the newest good one of each of the last days, weeks and months. Base
backups serve the recovery window: within it every second can be restored, so beyond it only the one that it begins
with is needed, and no log from before that.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from lib.domain.backups import Backup, Kind

_KINDS: Final[tuple[Kind, ...]] = ("logical", "base")

# a backup that is not verified yet may still be so by somebody who takes his time
_UNVERIFIED = timedelta(days=1)

# of daily backups one may fail; after that something is wrong, and nothing old is thrown away
FRESH = timedelta(days=2)

# clocks of two machines may differ by a little
_SKEW = timedelta(minutes=10)

SEGMENT_BYTES = 16 * 1024 * 1024


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How many days, weeks (ISO) and months (all in UTC) one good backup each is kept of, and how far back from now
    every second can be restored.
    """

    daily: int
    weekly: int
    monthly: int
    window: timedelta


class Plan(msgspec.Struct, frozen=True):
    """Each kept backup by its id with the reasons, and the ids of those that go, the oldest first."""

    keep: dict[str, tuple[str, ...]]
    drop: tuple[str, ...]


def plan(backups: Sequence[Backup], now: datetime, policy: Policy) -> Plan:
    """What of `backups`, of any kinds, is kept at `now`.

    A period counts only where it has a good one, so that a week without any costs none of those before it. The newest
    good one of a kind always stays, and while a kind has none nothing of that kind goes. Bad ones stay for the window,
    as evidence. A parent stays as long as a child of it.
    """
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    for kind in _KINDS:
        _judge([backup for backup in backups if backup.index.kind == kind], now, policy, reasons)
    _keep_parents({backup.id: backup for backup in backups}, reasons)
    ordered = sorted(backups, key=lambda backup: (backup.index.begun_at, backup.id))
    return Plan(
        keep={backup.id: tuple(reasons[backup.id]) for backup in ordered if backup.id in reasons},
        drop=tuple(backup.id for backup in ordered if backup.id not in reasons),
    )


def refusal(backups: Iterable[Backup], now: datetime) -> str:
    """Why nothing at all may be removed at `now`, in one sentence; empty where there is no such reason."""
    good = [backup.index.begun_at for backup in backups if backup.state == "good"]
    if not good:
        return "No backup is good, so nothing is removed: what is old may be all there is."
    if max(good) > now + _SKEW:
        return (
            f"A backup is of {max(good):%Y-%m-%d %H:%M} UTC, which is still to come, so nothing is removed: a clock is "
            "wrong, and with it every age."
        )
    if max(good) < now - FRESH:
        return (
            f"The newest good backup is of {max(good):%Y-%m-%d %H:%M} UTC, more than {FRESH.days} days ago, so nothing "
            "is removed: see first why no newer one is good."
        )
    return ""


def kept_moments(moments: Mapping[str, datetime], now: datetime, policy: Policy) -> dict[str, tuple[str, ...]]:
    """The same for things that are only known by the moment (UTC) they are of: which stay, with the reasons."""
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    newest_first = sorted(moments.items(), key=lambda item: (item[1], item[0]), reverse=True)
    _thin(newest_first, policy, reasons)
    for name, moment in newest_first:
        if moment >= now - policy.window:
            reasons[name].append("within the recovery window")
    return {name: tuple(why) for name, why in reasons.items()}


def first_segment(base: Backup) -> int:
    """The position, in bytes, of the segment of the log that a base backup begins in."""
    size = int(base.index.versions.get("wal_segment_bytes", SEGMENT_BYTES))
    return position(base.index.start_lsn) // size * size


def segment_position(name: str, size: int) -> int:
    """The position, in bytes, at which a segment of the log begins, whatever its timeline.

    >>> hex(segment_position("00000001000000A0000000FF", SEGMENT_BYTES))
    '0xa0ff000000'
    """
    return (int(name[8:16], 16) << 32) + int(name[16:24], 16) * size


def position(lsn: str) -> int:
    """A position in the log as a number of bytes; 0 for none.

    >>> hex(position("A0/1F"))
    '0xa00000001f'
    """
    high, _, low = lsn.partition("/")
    return (int(high, 16) << 32) + int(low, 16) if low else 0


def _judge(backups: Sequence[Backup], now: datetime, policy: Policy, reasons: defaultdict[str, list[str]]) -> None:
    opens = now - policy.window
    good = sorted((b for b in backups if b.state == "good"), key=lambda b: (b.index.begun_at, b.id), reverse=True)
    if good and good[0].index.kind == "logical":
        _thin([(backup.id, backup.index.begun_at) for backup in good], policy, reasons)
    elif good:
        reasons[good[0].id].append("the newest good one")
        begins = next((backup for backup in good if backup.index.finished_at <= opens), None)
        if begins is not None:
            reasons[begins.id].append("the recovery window begins with it")
    for backup in backups:
        begun = backup.index.begun_at
        if begun >= opens:
            reasons[backup.id].append(
                "evidence of what went wrong" if backup.state == "bad" else "within the recovery window"
            )
        elif not good:
            reasons[backup.id].append("none of its kind is good")
        if backup.state == "taken" and begun > now - _UNVERIFIED:
            reasons[backup.id].append("not verified yet")


def _thin(newest_first: Sequence[tuple[str, datetime]], policy: Policy, reasons: defaultdict[str, list[str]]) -> None:
    """Adds the reasons for the newest of each of the last days, weeks and months."""
    if newest_first:
        reasons[newest_first[0][0]].append("the newest good one")
    rules: tuple[tuple[str, int, Callable[[datetime], str]], ...] = (
        ("day", policy.daily, lambda moment: f"{moment:%Y-%m-%d}"),
        ("week", policy.weekly, lambda moment: f"{moment:%G-W%V}"),
        ("month", policy.monthly, lambda moment: f"{moment:%Y-%m}"),
    )
    for name, most, period_of in rules:
        seen: set[str] = set()
        for found, moment in newest_first:
            period = period_of(moment.astimezone(UTC))
            if period not in seen and len(seen) < most:
                seen.add(period)
                reasons[found].append(f"{name} {period}")


def _keep_parents(backups: Mapping[str, Backup], reasons: defaultdict[str, list[str]]) -> None:
    waiting = list(reasons)
    while waiting:
        child = waiting.pop()
        parent = backups[child].index.parent
        if parent is None or parent not in backups:
            continue
        if parent not in reasons:
            waiting.append(parent)
        if "needed by a later one" not in reasons[parent]:
            reasons[parent].append("needed by a later one")
