"""Remembers which bars a file has shown already. It does not know what they said.

One bit a bar: a year of minutes of one symbol takes about 50 KB, so that the memory of an import stays bounded by
what markets trade.
"""

from lib.domain.bars import Interval

_SLOT_S: dict[Interval, int] = {"1d": 86_400, "1h": 900, "1m": 60}
_SLOTS = 1024


class SeenBars:
    """A set of (symbol, interval, start)."""

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
