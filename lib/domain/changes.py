"""What the log of changes says: which kind of data of which symbol changed, and in which order. It does not know who
follows it.
"""

from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

Kind = Literal["sentiment", "bars", "listings", "coverage", "actions", "posts", "everything"]


class Position(NamedTuple):
    """A place in one history of changes: the number of a change, and when it got that number (µs since 1970, UTC).

    Numbers may come again after a restore, the two together do not. Position(0, 0) lies before every change.
    """

    seq: int
    at: int

    def __str__(self) -> str:
        return f"{self.seq}-{self.at}"


START = Position(0, 0)
NOWHERE = Position(10**18, 0)


def parse_position(text: str) -> Position:
    """The position that was written as `text`. Raises ValueError for any other text.

    >>> parse_position(str(Position(4711, 1772461800000000)))
    Position(seq=4711, at=1772461800000000)
    """
    seq, dash, at = text.partition("-")
    # 18 digits fit into the database's bigint
    if not dash or not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (seq, at)):
        raise ValueError(f"{text[:60]!r} is not a position")
    return Position(int(seq), int(at))


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What one transaction wrote of one kind and symbol. `symbol` is empty where it is about all of them; `part` is the
    scorer of sentiment, the interval of bars, the source of coverage.

    [since, until) holds all that was touched; `newest` is a JSON array of the newest few rows, empty where rows were
    removed. `observed_at` is the latest moment of observation among them.
    """

    position: Position
    kind: Kind
    symbol: str
    part: str
    since: datetime | None
    until: datetime | None
    written: int
    removed: int
    observed_at: datetime | None
    newest: str
