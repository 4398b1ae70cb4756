"""How far a stream of searches was read, as it is kept between readings. It does not ask."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self


class Position(NamedTuple):
    """A place in a stream, in ids: every post up to `since` is read.

    While a poll is under way, `until` is the oldest post read in it, the posts between the two are still to be read,
    and once they are, every post below `end` is.
    """

    since: int
    until: int | None = None
    end: int | None = None

    @classmethod
    def of(cls, cursor: Mapping[str, Any]) -> Self:
        """The position that a cursor holds."""
        until, end = cursor.get("until_id"), cursor.get("end_id")
        return cls(int(cursor["since_id"]), until and int(until), end and int(end))

    def cursor(self) -> dict[str, str]:
        """Itself as a cursor: ids as text, for JSON numbers are not exact everywhere."""
        ids = {"since_id": self.since, "until_id": self.until, "end_id": self.end}
        return {name: str(number) for name, number in ids.items() if number is not None}

    def further(self, until: int, end: int) -> "Position":
        """The place from which the posts below `until` are still to be read, of a poll that began at `end`."""
        return Position(self.since, until, self.end or end)

    def through(self, end: int) -> "Position":
        """The place where everything up to here is read, of a poll that began at `end`."""
        return Position((self.end or end) - 1)
