"""Remembers what a file has shown already, in bounded memory. It does not know what it said."""

from collections.abc import Sequence

from lib.db.ingest.archive import first_seen
from lib.db.pool import Connection
from lib.domain.bars import Interval

_SLOT_S: dict[Interval, int] = {"1d": 86_400, "1h": 900, "1m": 60}
_SLOTS = 1024


class SeenBars:
    """A set of (symbol, interval, start), one bit each: a year of minutes of one symbol takes about 50 KB."""

    def __init__(self) -> None:
        self._bits: dict[tuple[str, Interval, int], int] = {}

    def add(self, symbol: str, interval: Interval, start_s: int) -> bool:
        """Adds a bar by its start in seconds since 1970; False if it was there. The start lies on a slot of its
        interval: a day, a quarter of an hour, a minute.
        """
        group, slot = divmod(start_s // _SLOT_S[interval], _SLOTS)
        key = (symbol, interval, group)
        bit = 1 << slot
        known = self._bits.get(key, 0)
        if known & bit:
            return False
        self._bits[key] = known | bit
        return True


class SeenKeys:
    """A set of keys of 16 bytes: the first ones in memory, further ones in a table of the import's connection."""

    def __init__(self, most_in_memory: int = 500_000) -> None:
        self._most = most_in_memory
        self._here: set[bytes] = set()

    async def add(self, conn: Connection, keys: Sequence[bytes]) -> list[bool]:
        """Adds keys; for each whether it was not there before, be it in an earlier call or earlier in this one."""
        here = self._here
        firsts = []
        further: dict[bytes, int] = {}
        for position, key in enumerate(keys):
            first = key not in here and key not in further
            firsts.append(first)
            if first and len(here) < self._most:
                here.add(key)
            elif first:
                further[key] = position
        if further:
            fresh = await first_seen(conn, list(further))
            for key, position in further.items():
                firsts[position] = key in fresh
        return firsts
