"""Places in the write-ahead log, as numbers and as PostgreSQL writes them, and the names of its segments. Pure.

A place (LSN) counts the bytes of the log since the cluster was made. The log is cut into segments of one size, 16 MiB
by default, and these into pages of 8 KiB, each with a header.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

PAGE = 8192
USUAL_SEGMENT = 16 * 1024 * 1024

_SHORT_HEADER, _LONG_HEADER = 24, 40
_LSN = re.compile(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})")
_SEGMENT = re.compile(r"[0-9A-F]{24}")
_HISTORY = re.compile(r"([0-9A-F]{8})\.history")


class Segment(NamedTuple):
    """One segment: the timeline it was written on, and its number since the cluster was made."""

    timeline: int
    number: int

    def name(self, size: int) -> str:
        """Its file's name.

        >>> Segment(1, 256).name(16 * 1024 * 1024)
        '000000010000000100000000'
        """
        per_file = 0x1_0000_0000 // size
        return f"{self.timeline:08X}{self.number // per_file:08X}{self.number % per_file:08X}"

    def start(self, size: int) -> int:
        """The place at which it begins."""
        return self.number * size


def parse_lsn(text: str) -> int:
    """A place as a number. Raises ValueError for what is none.

    >>> parse_lsn("1/A0")
    4294967456
    """
    match = _LSN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no place in the log, such as 0/16B3740")
    return (int(match[1], 16) << 32) + int(match[2], 16)


def format_lsn(place: int) -> str:
    """A place as PostgreSQL writes it.

    >>> format_lsn(4294967456)
    '1/A0'
    """
    return f"{place >> 32:X}/{place & 0xFFFF_FFFF:X}"


def is_segment(name: str) -> bool:
    """True for the name of a segment's file."""
    return _SEGMENT.fullmatch(name) is not None


def parse_segment(name: str, size: int) -> Segment:
    """The segment with this name. Raises ValueError for what is none."""
    if not is_segment(name):
        raise ValueError(f"{name!r} is no segment of the log")
    per_file = 0x1_0000_0000 // size
    return Segment(int(name[:8], 16), int(name[8:16], 16) * per_file + int(name[16:], 16))


def history_timeline(name: str) -> int | None:
    """The timeline whose history the file of this name holds; None for other files."""
    match = _HISTORY.fullmatch(name)
    return int(match[1], 16) if match else None


def history_name(timeline: int) -> str:
    """The name of the file with a timeline's history."""
    return f"{timeline:08X}.history"


def number_at(place: int, size: int) -> int:
    """The number of the segment that holds the byte at `place`."""
    return place // size


def written_end(place: int, size: int) -> int:
    """`place`, but at the end of the page before where only a page's header lies between: nothing was written there.

    PostgreSQL says where the next record will begin, which at the start of a page is behind a header that nobody has
    written yet.

    >>> format_lsn(written_end(parse_lsn("0/3000028"), USUAL_SEGMENT))
    '0/3000000'
    """
    into = place % PAGE
    header = _LONG_HEADER if place - into == place // size * size else _SHORT_HEADER
    return place - into if into <= header else place


def fork_path(history: str, timeline: int) -> list[tuple[int, int]]:
    """(timeline, place at which it ends) for every ancestor in the text of `timeline`'s history, the oldest first, and
    at last `timeline` itself, which has no end yet: a place beyond all others.

    Raises ValueError for a text that is no history.
    """
    found: list[tuple[int, int]] = []
    for line in history.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) < 2 or not words[0].isdigit():
            raise ValueError(f"{line!r} is no line of a timeline's history")
        found.append((int(words[0]), parse_lsn(words[1])))
    if any(earlier >= later for (earlier, _), (later, _) in pairwise(found)):
        raise ValueError("the timelines of a history do not go up")
    return [*found, (timeline, 1 << 64)]


def segments_between(path: list[tuple[int, int]], start: int, end: int, size: int) -> Iterator[Segment]:
    """The segments that lead from `start` up to `end` along `path`: of one that two timelines share, the later's, for
    it holds what both have written.
    """
    for number in range(number_at(start, size), number_at(max(start, end - 1), size) + 1):
        last = (number + 1) * size
        yield Segment(next(timeline for timeline, until in path if until >= last or until == path[-1][1]), number)
