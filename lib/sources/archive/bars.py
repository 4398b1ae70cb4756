"""Reads a record as a bar. It does not write bars, and numbers pass through it as they were written."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lib.domain.bar_rules import bar_fault
from lib.domain.bars import Interval
from lib.sources.archive.identify import row_symbol
from lib.sources.archive.records import Fields
from lib.sources.archive.rejects import Rejected
from lib.sources.archive.times import BadTime, has_time_of_day, parse_bar_start

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INTERVALS: dict[str, Interval] = {
    "1d": "1d", "d": "1d", "day": "1d", "daily": "1d", "1day": "1d",
    "1h": "1h", "h": "1h", "hour": "1h", "hourly": "1h", "1hour": "1h", "60m": "1h", "60min": "1h",
    "1m": "1m", "m": "1m", "min": "1m", "minute": "1m", "1min": "1m", "1minute": "1m",
}  # fmt: skip
_NUMBER = re.compile(r"[-+]?[0-9]{1,20}(?:\.[0-9]{0,30})?(?:[eE][-+]?[0-9]{1,2})?")
# what nearly every row looks like: four prices above zero, perhaps a fifth, and a volume; taken as it stands
_ABOVE_ZERO = r"(?=[0-9.]*[1-9])[0-9]{1,15}(?:\.[0-9]{1,30})?"
_PLAIN = re.compile(rf"{_ABOVE_ZERO}(?:\t{_ABOVE_ZERO}){{3}}\t(?:{_ABOVE_ZERO}|\\N)\t(?:[0-9]{{1,18}}|\\N)")
_NULL = "\\N"
_UNKNOWN = {"", "null", "none", "n/a", "-"}


class BarRow(NamedTuple):
    """A bar as PostgreSQL's COPY takes it: `line` holds what follows the symbol's id, from the start to the volume."""

    symbol: str
    interval: Interval
    start: datetime
    start_s: int
    line: str


def bar_reader(zone: ZoneInfo | None, interval: Interval | None) -> Callable[[Fields], BarRow]:
    """Reads the fields of one record; raises Rejected with the reason. `interval` is that of rows that name none."""
    otherwise = interval or "1d"

    @lru_cache(maxsize=65_536)
    def start_of(value: object, of_interval: Interval) -> tuple[datetime, int, str]:
        try:
            start = parse_bar_start(value, of_interval, zone)
        except BadTime as error:
            raise Rejected(str(error)) from None
        return start, (start - _EPOCH) // timedelta(seconds=1), start.isoformat()

    def read(fields: Fields) -> BarRow:
        symbol_text, code, market, interval_text, start_text, open_, high, low, close, adj_close, volume = fields
        symbol = row_symbol(_text(symbol_text), _text(code), _text(market))
        row_interval = _interval(str(interval_text)) if interval_text else otherwise
        if not isinstance(start_text, str | int | Decimal) or start_text == "":
            raise Rejected("no start")
        start, start_s, start_copy = start_of(start_text, row_interval)
        if type(open_) is type(high) is type(low) is type(close) is str:
            plain = f"{open_}\t{high}\t{low}\t{close}\t{adj_close or _NULL}\t{volume or _NULL}"
            if _PLAIN.fullmatch(plain) and Decimal(high) >= Decimal(low):
                return BarRow(symbol, row_interval, start, start_s, f"{start_copy}\t{plain}\n")
        traded = _number("close", close)
        if traded is None:
            raise Rejected("no close")
        opened, highest, lowest = _traded("open", open_), _traded("high", high), _traded("low", low)
        adjusted = _number("adj_close", adj_close)
        shares = _shares(volume)
        fault = bar_fault(symbol, opened, highest, lowest, traded, adjusted, shares)
        if fault is not None:
            raise Rejected(fault)
        prices = f"{_copy(opened)}\t{_copy(highest)}\t{_copy(lowest)}\t{traded}\t{_copy(adjusted)}"
        return BarRow(symbol, row_interval, start, start_s, f"{start_copy}\t{prices}\t{_copy(shares)}\n")

    return read


def names_times_of_day(records: Sequence[Fields]) -> bool:
    """True where a file that names no interval holds times of day, and so cannot hold daily bars alone."""
    return any(not fields[3] and has_time_of_day(fields[4]) for fields in records)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise Rejected(f"{str(value)[:40]} where a symbol, code or market was expected as text")


@lru_cache(maxsize=64)
def _interval(text: str) -> Interval:
    try:
        return _INTERVALS[text.strip().lower()]
    except KeyError:
        raise Rejected(f"the interval {text[:20]!r} is none of 1d, 1h, 1m") from None


def _number(name: str, value: object) -> Decimal | None:
    if isinstance(value, str):
        text = value
    elif value is None:
        return None
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        text = str(value)
    else:
        raise Rejected(f"{name} is not a number")
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    if text.strip().lower() in _UNKNOWN:
        return None
    if _NUMBER.fullmatch(text.strip()):
        return Decimal(text.strip())
    raise Rejected(f"{name} {text.strip()[:40]!r} is not a number")


def _traded(name: str, value: object) -> Decimal | None:
    """An exchange writes 0 for the open, high and low of a day without trades: no price then."""
    return _number(name, value) or None


def _shares(value: object) -> int | None:
    number = _number("volume", value)
    if number is None:
        return None
    if number != number.to_integral_value():
        raise Rejected(f"volume {number} is not a number of shares")
    return int(number)


def _copy(value: Decimal | int | None) -> str:
    return _NULL if value is None else str(value)
