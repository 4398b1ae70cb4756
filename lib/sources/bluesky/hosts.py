"""Which host is asked next, and what is believed of a hole in the stream. It does not ask anybody.

Bluesky runs several servers that all see the same events. So a hole that one of them shows is believed only once every
other one has been asked for the same stretch, and then as it is on the host that has most.
"""

from collections.abc import Sequence

from lib.errors import Denied, RateLimited, SourceError, Unavailable

# two hosts do not see the same event in the same microsecond
_SAME_US = 1_000_000


class Hole(Unavailable):
    """The stream goes on much later than where it was left."""


class Hosts:
    """The hosts of one reader, in turn: whoever failed comes last, whoever refused is not asked again."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = list(names)
        # since the stream last got further: who was asked, and with what each of them began after the hole
        self._asked: set[str] = set()
        self._holes: dict[str, int] = {}

    def in_turn(self) -> list[str]:
        """Every host that may be asked, the most promising one first."""
        best = None if self._unasked() else min(self._holes, key=self._holes.__getitem__, default=None)
        return sorted(self._names, key=lambda name: (name != best, name in self._asked))

    def asking(self, name: str) -> None:
        """`name` is being asked."""
        self._asked.add(name)

    def failed(self, name: str, error: SourceError) -> None:
        """`name` answered with `error`, or not at all."""
        self._names.remove(name)
        if not isinstance(error, Denied):
            self._names.append(name)
        if not isinstance(error, Hole):
            self._holes.pop(name, None)

    def got_further(self) -> None:
        """The stream moved on: what was asked for before is settled."""
        self._asked.clear()
        self._holes.clear()

    def believes(self, name: str, first_us: int) -> bool:
        """`name`, asked for all since the stream last got further, begins at `first_us`. True where nobody has more."""
        began = self._holes.setdefault(name, first_us)
        return not self._unasked() and began <= min(self._holes.values()) + _SAME_US

    def verdict(self, errors: Sequence[SourceError]) -> SourceError:
        """The one of `errors`, in the order of asking, that says best why nobody could be heard: what may pass at any
        time before what passes later, and that before what does not pass.
        """
        limited = [error for error in errors if isinstance(error, RateLimited)]
        passing = [error for error in errors if not isinstance(error, RateLimited | Denied)]
        if passing:
            return passing[-1]
        if limited:
            return min(limited, key=lambda error: (error.until is not None, error.until))
        return errors[-1]

    def _unasked(self) -> set[str]:
        return set(self._names) - self._asked
