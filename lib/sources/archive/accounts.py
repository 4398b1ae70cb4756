"""What an import tells of itself: while it runs, and at its end. It does not know who listens."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from lib.sources.archive.columns import Kind


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far an import is: bytes of the file taken of `size`, rows read and rejected, seconds since this run began."""

    file: str
    taken: int
    size: int
    read: int
    rejected: int
    rows_per_s: float
    seconds: float

    @property
    def remaining_s(self) -> float | None:
        """Seconds until the end at the pace so far, or None while that cannot be told."""
        return self.seconds * (self.size - self.taken) / self.taken if self.taken and self.seconds >= 1 else None


class Span(msgspec.Struct, frozen=True):
    """The rows of one source in a file: how many, and the first and last moment (UTC) that they are about."""

    rows: int
    first: datetime
    last: datetime

    def joined(self, other: "Span") -> "Span":
        """Both together."""
        return Span(self.rows + other.rows, min(self.first, other.first), max(self.last, other.last))


class Tally(msgspec.Struct, kw_only=True):
    """Rows of a file by what became of them, as its cursor keeps them. `line` is the last line done with."""

    line: int = 0
    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    listed: int = 0


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One file's import. Counts are of the entire file, also where an earlier run did a part of it.

    `rejects` is the file that holds the rejected lines, if there are any; `listed` counts symbols that got a bare
    listing; `resumed_at` is the line after which this run went on with the work of one that was killed; `again` says
    that the file had been imported before; `spans` tells by source what times the accepted rows are about.
    """

    file: str
    kind: Kind
    read: int
    new: int
    changed: int
    unchanged: int
    rejected: int
    rejects: Path | None
    listed: int
    resumed_at: int
    again: bool
    seconds: float
    rows_per_s: float
    spans: Mapping[str, Span]
