"""The folder into which pg_receivewal writes: what is closed there, what grows and how far. It does not start it, nor
send anything.

A segment that grows has its full size from the beginning, filled up with zeros.
"""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from lib.backup.wal.positions import PAGE, Segment, history_timeline, is_segment, parse_segment

_PARTIAL = ".partial"
_READ_PAGES = 32


class Local(NamedTuple):
    """Closed segments in the order of the log, those that grow (several after a switch of timelines), histories."""

    closed: list[tuple[Segment, Path]]
    growing: list[tuple[Segment, Path]]
    histories: list[tuple[int, Path]]


def look(folder: Path, size: int) -> Local:
    """What is in `folder`; other files are not looked at."""
    found = Local([], [], [])
    for file in folder.iterdir():
        name = file.name.removesuffix(_PARTIAL)
        timeline = history_timeline(file.name)
        if timeline is not None:
            found.histories.append((timeline, file))
        elif is_segment(name):
            (found.growing if file.suffix == _PARTIAL else found.closed).append((parse_segment(name, size), file))
    for files in (found.closed, found.growing):
        files.sort(key=lambda each: (each[0].number, each[0].timeline))
    return found


def grown_to(file: Path, known: int) -> int:
    """How many bytes of a segment are written for sure, `known` of them from before.

    A page that has begun begins with a header, which is never zero; the zeros at the end of the last one may be part of
    the log or not, and do not count.
    """
    place = known // PAGE * PAGE
    end = known
    with file.open("rb") as data:
        data.seek(place)
        while block := data.read(PAGE * _READ_PAGES):
            for start in range(0, len(block), PAGE):
                page = block[start : start + PAGE]
                if page[:2] == b"\0\0":
                    return end
                end = max(known, place + start + len(page.rstrip(b"\0")))
            place += len(block)
    return end


def read_part(file: Path, start: int, end: int) -> bytes:
    """The bytes of `file` from `start` up to, without, `end`."""
    with file.open("rb") as data:
        data.seek(start)
        return data.read(end - start)


def put_aside(folder: Path, now: datetime) -> Path:
    """Moves everything of `folder` to a folder of its own beside it, which it returns: it is of another past."""
    aside = folder.parent / "aside" / f"{folder.name}-{now:%Y%m%dT%H%M%S.%fZ}"
    aside.mkdir(parents=True, mode=0o700)
    for file in folder.iterdir():
        if file.is_file() and file.name != "lock":
            file.rename(aside / file.name)
    return aside


def bytes_waiting(folder: Path, size: int) -> int:
    """Bytes of closed segments that wait here to be sent."""
    return len(look(folder, size).closed) * size
