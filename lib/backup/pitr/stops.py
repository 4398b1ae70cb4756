"""Finds the record at which recovery has to stop, and fetches the log up to it. It does not recover.

Where the record is known, recovery is told its very place: it then stops there, or fails. A moment is handed to
PostgreSQL as it is, once a commit behind it is known to be in the log; without one it would never be reached.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from lib.backup.keys import BackupKeys
from lib.backup.pitr.records import Record, Segments, committed_at, end_of, last_before, records, refuse_hole
from lib.backup.pitr.survey import Base, Survey, choose, window_of
from lib.backup.pitr.targets import Target
from lib.backup.store.objects import Store
from lib.backup.wal.fetching import fetch_segment
from lib.backup.wal.listing import read_history
from lib.backup.wal.positions import Segment, format_lsn, history_name, segments_between
from lib.errors import Damaged, NotRestorable

_AT_ONCE = 4
# how far the clocks of the store and of the database may be apart without more than a longer look
_CLOCKS = timedelta(minutes=2)
_XIDS = 1 << 32


class Stop(NamedTuple):
    """PostgreSQL's settings that make it stop there, and the place behind the last record where that is known."""

    settings: dict[str, str]
    end: int | None


AT_ITS_END = Stop({"recovery_target": "immediate"}, None)


class Log:
    """The log of a survey on its way into `folder`. All calls block."""

    def __init__(
        self,
        store: Store,
        keys: BackupKeys,
        installation: str,
        found: Survey,
        folder: Path,
        programs: Path,
        on_segment: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> None:
        self._store, self._keys, self._installation, self._found = store, keys, installation, found
        self._on_segment = on_segment
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.segments = Segments(folder, found.listing.size, programs, {})

    def histories(self) -> None:
        """Fetches every history, so that no timeline is begun a second time."""
        for timeline in self._found.listing.histories:
            text = read_history(self._store, self._keys, self._installation, self._found.system, timeline)
            (self.segments.folder / history_name(timeline)).write_text(text, encoding="utf-8")

    def fetch(self, wanted: Sequence[Segment]) -> None:
        """Fetches these segments. Raises Damaged naming the first that is missing or is not what it should be."""
        left = [segment for segment in wanted if segment.number not in self.segments.timelines]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            fetched = [threads.submit(self._one, segment) for segment in left]
            try:
                for done, (segment, one) in enumerate(zip(left, fetched, strict=True), 1):
                    one.result()
                    self.segments.timelines[segment.number] = segment.timeline
                    self._on_segment(done, len(left))
            except BaseException:
                threads.shutdown(cancel_futures=True)
                raise

    def between(self, start: int, end: int) -> list[Segment]:
        """The segments that lead from one place to another."""
        if end <= start:
            return []
        return list(segments_between(self._found.path, start, end, self.segments.size))

    def _one(self, segment: Segment) -> None:
        name = segment.name(self.segments.size)
        fetch_segment(self._store, self._keys, self._installation, self._found.listing, name, self.segments.folder)


def find_stop(found: Survey, log: Log, target: Target) -> tuple[Base, Callable[[], Stop]]:
    """The base backup for `target`, and what then fetches the log behind it and says where to stop; so that both can go
    on side by side. Raises NotRestorable naming the window, or Damaged naming what is missing.
    """
    if target.kind == "time":
        base = choose(found, target, None)
        return base, lambda: _stop_at_time(found, log, target, base)
    if target.kind == "latest":
        place = found.end
    elif target.kind == "lsn":
        place = target.lsn
        if place > found.end:
            raise NotRestorable(
                f"The log in the store does not reach {format_lsn(place)}; it ends at {format_lsn(found.end)}.",
                hint=f"What can be restored: {window_of(found)}.",
            )
    else:
        record = _search(found, log, target)
        place = end_of(record.place, record.bytes, found.listing.size)
        base = choose(found, target, record.place)
        return base, lambda: _stop_behind(found, log, base, place, known=record)
    base = choose(found, target, place)
    return base, lambda: _stop_behind(found, log, base, place)


def _stop_behind(found: Survey, log: Log, base: Base, place: int, *, known: Record | None = None) -> Stop:
    """Behind the last record before `place`."""
    own = found.own_log_end(base)
    if place <= own:
        return AT_ITS_END
    log.fetch(log.between(own, place))
    last = known or last_before(log.segments, place)
    if last is None:
        return AT_ITS_END
    refuse_hole(log.segments, last, place)
    return _at(last, found.listing.size)


def _at(record: Record, size: int) -> Stop:
    settings = {"recovery_target_lsn": format_lsn(record.place), "recovery_target_inclusive": "on"}
    return Stop(settings, end_of(record.place, record.bytes, size))


def _stop_at_time(found: Survey, log: Log, target: Target, base: Base) -> Stop:
    assert target.time is not None
    own, size = found.own_log_end(base), found.listing.size
    wanted = log.between(own, min(base.reach, found.end))
    closed = found.listing.closed
    # what was in the store before that moment holds nothing that came after it
    sure = [
        segment
        for segment in wanted
        if (at := closed.get(segment.name(size))) is not None and at < target.time - _CLOCKS
    ]
    log.fetch(sure)
    is_behind = False
    last_commit = None
    for segment in wanted[len(sure) :]:
        log.fetch([segment])
        for record in records(log.segments, segment.number, "--rmgr=Transaction"):
            at = committed_at(record)
            if at is not None:
                last_commit = at
                if at > target.time:
                    is_behind = True
                    break
        if is_behind:
            moment = f"{target.time:%Y-%m-%d %H:%M:%S.%f}+00"
            return Stop({"recovery_target_time": moment, "recovery_target_inclusive": "on"}, None)
    if base.reach < found.end:
        raise Damaged(
            f"The log does not lead to {target}: segment {found.missing_behind(base)} is missing.",
            hint=f"What can be restored: {window_of(found)}.",
        )
    latest = window_of(found).latest
    if (latest is None or target.time > latest) and (last_commit is None or target.time > last_commit):
        raise NotRestorable(
            f"{target} is later than what is kept.", hint=f"What can be restored: {window_of(found)}; or --to latest."
        )
    # nothing was committed between that moment and the end of the log, so its end is that moment
    return _stop_behind(found, log, base, found.end)


def _search(found: Survey, log: Log, target: Target) -> Record:
    """The record of a transaction's commit, or of a restore point, the newest of its name."""
    upper = found.end
    for base in reversed(found.bases):
        own = found.own_log_end(base)
        stretch = log.between(own, min(upper, base.reach))
        log.fetch(stretch)
        for segment in reversed(stretch):
            hits = [record for record in _candidates(log, segment, target) if record.place < upper]
            if hits:
                return hits[-1]
        upper = min(upper, own)
    what = (
        f"transaction {target.xid} was committed" if target.kind == "xid" else f"restore point {target.name!r} was made"
    )
    raise NotRestorable(f"The log that is kept does not say that {what}.", hint=f"It leads to {window_of(found)}.")


def _candidates(log: Log, segment: Segment, target: Target) -> list[Record]:
    if target.kind == "xid":
        arguments = ["--rmgr=Transaction", f"--xid={target.xid % _XIDS}"]
        return [record for record in records(log.segments, segment.number, *arguments) if committed_at(record)]
    says = f"RESTORE_POINT {target.name}"
    return [record for record in records(log.segments, segment.number, "--rmgr=XLOG") if record.says.strip() == says]
