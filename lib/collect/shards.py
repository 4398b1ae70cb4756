"""How far back a source can be asked about a stream, how missing windows are cut into questions, and the sentences that
say why one is asked or given up. It asks nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from lib.collect.bars import of_bars
from lib.domain.bars import Interval
from lib.domain.gaps import EVER, Window, to_queue
from lib.sources.bars import BarSource
from lib.sources.posts import Backfills, PostSource

AnySource = BarSource | PostSource

# what lies so close together is asked for at once, and no more than so much: of minutes Yahoo gives a week at a time
_WITHIN: dict[Interval, timedelta] = {"1d": timedelta(days=14), "1h": timedelta(days=7), "1m": timedelta(days=3)}
_LONGEST: dict[Interval, timedelta] = {"1d": timedelta(days=3652), "1h": timedelta(days=365), "1m": timedelta(days=7)}
_POSTS_WITHIN, _POSTS_LONGEST = timedelta(minutes=5), timedelta(days=1)

ONCE = "Asked once, and nothing came."
UNHEARD = "No answer speaks of this time."


def shards(stream: str, windows: Sequence[Window], taken: Sequence[Window] = ()) -> list[Window]:
    """`windows` of `stream` without what is `taken`, each as large as one question."""
    bars = of_bars(stream)
    if bars is None:
        return to_queue(windows, taken, within=_POSTS_WITHIN, longest=_POSTS_LONGEST)
    return to_queue(windows, taken, within=_WITHIN[bars[0]], longest=_LONGEST[bars[0]])


def askable_from(source: AnySource, stream: str, *, now: datetime) -> datetime:
    """The earliest moment about which `source` can still be asked; the end of time where it cannot be asked about any
    that has passed.
    """
    bars = of_bars(stream)
    if bars is not None and isinstance(source, BarSource):
        kept_for = source.bars_reach(bars[0])
    elif bars is None and isinstance(source, Backfills):
        kept_for = source.reach(stream)
    else:
        return EVER[1]
    return EVER[0] if kept_for is None else now - kept_for


def too_old(source: AnySource, stream: str, *, now: datetime) -> str:
    """Why what lies before `askable_from` is given up."""
    oldest = askable_from(source, stream, now=now)
    if oldest == EVER[1]:
        return f"{source.name} cannot be asked about the past."
    kept_for = (now - oldest) / timedelta(days=1)
    return f"{source.name} can be asked about the last {kept_for:.3g} days only."


def nothing(source: AnySource) -> str:
    """Why a window of which there is nothing is given up."""
    return f"{source.name} was asked twice or more, hours apart, and has nothing here."


def sentences(*parts: str) -> str:
    """Those that are not empty, in a row."""
    return " ".join(filter(None, parts))
