"""What every source of bars looks like from outside, and when two answers of one mean the same. It does not know any
provider.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol, runtime_checkable

import msgspec

from lib.domain.bars import Action, Bar, Interval
from lib.domain.symbols import Listing

# adjusted prices are products of float32 factors: the same price comes back changed in its seventh digit
_NOISE = Decimal("0.000001")


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: bars in order of time, all of `listing.symbol` and all with start in [start, end); actions by
    ex-date.

    `dropped` counts what the provider sent and is not here, by reason: `null` (no price), `forming` (its interval had
    not ended), `outside` (of the window asked for), `impossible` (no market can have printed it).
    """

    listing: Listing
    interval: Interval
    start: datetime
    end: datetime
    bars: tuple[Bar, ...]
    actions: tuple[Action, ...]
    dropped: Mapping[str, int]


@runtime_checkable
class BarSource(Protocol):
    """A provider of bars. Asking raises SourceErrors only; `concurrency` says how many questions may be under way at
    once.
    """

    name: str
    concurrency: int

    async def fetch_bars(self, symbol: str, interval: Interval, start: datetime, end: datetime) -> Fetched:
        """The bars of `symbol` with start in [start, end), both UTC; daily bars start at 00:00 UTC of their trading
        date.
        """
        ...

    def bars_reach(self, interval: Interval) -> timedelta | None:
        """How far back it can be asked for bars of `interval`; None: as far as there are any."""
        ...


def is_noise(old: Decimal, new: Decimal) -> bool:
    """True where two prices differ by no more than a float32 calculation does from itself: one part in a million.

    >>> is_noise(Decimal("72.71607"), Decimal("72.71608")), is_noise(Decimal("72.71"), Decimal("72.72"))
    (True, False)
    """
    return abs(new - old) <= _NOISE * abs(old)


def without_noise(bars: Iterable[Bar], known: Mapping[datetime, Decimal]) -> list[Bar]:
    """`bars` with each adjusted close that merely trembles set back to the one known, so that it makes no revision.

    `known` maps the start of a bar to its stored adjusted close.
    """
    steady = []
    for bar in bars:
        old = known.get(bar.start)
        if old is not None and bar.adj_close is not None and bar.adj_close != old and is_noise(old, bar.adj_close):
            bar = msgspec.structs.replace(bar, adj_close=old)
        steady.append(bar)
    return steady
