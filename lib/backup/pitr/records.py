"""Single records of the log, found with pg_waldump in segments that were fetched. It does not fetch or replay any."""

import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from lib.backup.wal.positions import PAGE, Segment, format_lsn, number_at, parse_lsn
from lib.errors import Damaged
from lib.postgres.cluster import clean_environment

_LINE = re.compile(
    r"rmgr: (\S+)\s+len \(rec/tot\):\s*\d+/\s*(\d+), tx:\s*(\d+), lsn: ([0-9A-F]+/[0-9A-F]+),.* desc: (.*)"
)
_COMMITTED = re.compile(r"(?:COMMIT|COMMIT_PREPARED)\b.*?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) UTC")
_SHORT_HEADER, _LONG_HEADER, _RECORD_HEADER, _ALIGNED = 24, 40, 24, 8
_TAIL = 8 * PAGE
_LARGEST_RECORD = 1020 * 1024 * 1024


class Record(NamedTuple):
    """A record: where it begins, its bytes, whose it is, its transaction, and what it says."""

    place: int
    bytes: int
    manager: str
    xid: int
    says: str


class Segments(NamedTuple):
    """Fetched segments: their folder and size, PostgreSQL's programs, and which timeline's file holds each number."""

    folder: Path
    size: int
    programs: Path
    timelines: dict[int, int]

    def file(self, number: int) -> Path | None:
        """The file of a number; None where it was not fetched."""
        timeline = self.timelines.get(number)
        return None if timeline is None else self.folder / Segment(timeline, number).name(self.size)


def records(segments: Segments, number: int, *arguments: str, start: int | None = None) -> Iterator[Record]:
    """The whole records that begin in one segment, or behind `start` in it; pg_waldump's `arguments` choose among
    them. It ends where the log ends or is damaged: it does not say which.
    """
    first = segments.file(number)
    if first is None:
        return
    command: list[str | Path] = [segments.programs / "pg_waldump", *arguments, f"--path={segments.folder}"]
    command += [f"--timeline={segments.timelines[number]}", f"--start={format_lsn(start or number * segments.size)}"]
    end = (number + 1) * segments.size
    following = segments.timelines.get(number + 1)
    # one that begins here may end in the next segment, where that is of the same timeline
    if following != segments.timelines[number]:
        command.append(f"--end={format_lsn(end)}")
    with subprocess.Popen(
        [str(word) for word in command], env=clean_environment(), cwd="/", stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            match = _LINE.match(line)
            if match is None:
                continue
            record = Record(parse_lsn(match[4]), int(match[2]), match[1], int(match[3]), match[5])
            if record.place >= end:
                process.kill()
                return
            yield record


def last_before(segments: Segments, end: int) -> Record | None:
    """The last whole record that begins before `end`; None where the fetched segments have none."""
    for number in range(number_at(max(end - 1, 0), segments.size), -1, -1):
        if segments.file(number) is None:
            return None
        begin = number * segments.size
        # the tail alone is nearly always enough, and a segment takes long to print
        for start in (max(begin, min(end, begin + segments.size) - _TAIL) // PAGE * PAGE, begin):
            found = None
            for record in records(segments, number, start=start):
                if record.place >= end:
                    break
                found = record
            if found is not None:
                return found
    return None


def refuse_hole(segments: Segments, last: Record, end: int) -> None:
    """Raises Damaged, naming the segment, where the log before `end` goes on behind `last` with something that is no
    record, though it would have room for a whole one: its end alone may be cut.
    """
    place = end_of(last.place, last.bytes, segments.size)
    file = segments.file(number_at(place, segments.size))
    if place >= end or file is None:
        return
    data = file.read_bytes()[place % segments.size : end - place // segments.size * segments.size]
    wanted = int.from_bytes(data[:4], "little")
    if len(data) < 4 or (wanted == 0 and not any(data)):
        return
    is_cut = _RECORD_HEADER <= wanted <= _LARGEST_RECORD and end_of(place, wanted, segments.size) > end
    if not is_cut:
        raise Damaged(
            f"Segment {file.name} is damaged at {format_lsn(place)}: the log before {format_lsn(end)} breaks."
        )


def committed_at(record: Record) -> datetime | None:
    """When (UTC) the transaction of a record was committed; None for other records."""
    match = _COMMITTED.match(record.says)
    return datetime.fromisoformat(match[1]).replace(tzinfo=UTC) if match else None


def end_of(place: int, count: int, size: int) -> int:
    """Where the next record begins behind one of `count` bytes at `place`, counting the headers of pages between."""
    left = count
    while True:
        into = place % PAGE
        if into == 0:
            place += _LONG_HEADER if place % size == 0 else _SHORT_HEADER
            into = place % PAGE
        room = PAGE - into
        if left <= room:
            place += left
            break
        left -= room
        place += room
    place += -place % _ALIGNED
    if place % PAGE == 0:
        place += _LONG_HEADER if place % size == 0 else _SHORT_HEADER
    return place
