"""Remembers which posts and accounts ended lately: a host may send events out of order, and what arrives after its end
must not outlive it. It does not know what becomes of either.
"""


class Ends:
    """The ends of the last `keep_us` microseconds; names are those of posts and of accounts, times the server's."""

    def __init__(self, keep_us: int) -> None:
        self._keep_us = keep_us
        self._ends: dict[str, int] = {}

    def add(self, name: str, time_us: int) -> None:
        """`name` ended at `time_us`."""
        self._ends[name] = max(time_us, self._ends.get(name, 0))

    def cover(self, name: str, time_us: int) -> bool:
        """What `name` did at `time_us` was before its end."""
        return time_us <= self._ends.get(name, 0)

    def forget(self, now_us: int) -> None:
        """Lets go of what ended long before `now_us`."""
        oldest = now_us - self._keep_us
        self._ends = {name: end for name, end in self._ends.items() if end >= oldest}
