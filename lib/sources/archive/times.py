"""Reads moments and dates as archives write them. It never guesses a time zone.

A time that carries no zone is refused unless the caller names one. Of an hour that clocks ran through twice the first
is meant; a time that clocks skipped does not exist and is refused.
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from lib.domain.bars import Interval, trading_day

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SINCE_EPOCH = re.compile(r"(\d{9,10}|\d{12,13}|\d{15,16}|\d{18,19})(?:\.(\d{1,9}))?")
_SLASHED = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})\.?(.*)", re.DOTALL)
_EARLIEST, _LATEST = 1800, 2200


class BadTime(ValueError):
    """Not a time, or not one moment. The message is a reason for a person."""


def parse_instant(value: object, zone: ZoneInfo | None) -> datetime:
    """The moment, in UTC: ISO 8601, RFC 2822, X's own format, or seconds, ms, µs or ns since 1970. Raises BadTime."""
    written = _written(value)
    return _utc(written, zone) if written.tzinfo is None else written.astimezone(UTC)


def parse_bar_start(value: object, interval: Interval, zone: ZoneInfo | None) -> datetime:
    """When a bar starts, in UTC; of a daily bar 00:00 UTC of its trading date. Raises BadTime.

    A daily bar's date is a label: a date, or the date of a time without zone, is taken as it stands. A time with a
    zone is taken for its date in `zone`, or as written where it says midnight; any other moment could be two trading
    dates and is refused.
    """
    if interval != "1d":
        start = parse_instant(value, zone)
        if start.second or start.microsecond or (interval == "1h" and start.minute % 15):
            whole = "quarter of an hour" if interval == "1h" else "minute"
            raise BadTime(f"{value} does not start at a full {whole}")
        return start
    written = _written(value)
    if written.tzinfo is not None:
        if zone is not None:
            written = written.astimezone(zone)
        elif written.time() != datetime.min.time():
            raise BadTime(f"{value} is not a trading date; --timezone says in which zone it is one")
    return trading_day(written.date())


def parse_date(value: object) -> date:
    """A calendar day, the time of day left aside. Raises BadTime."""
    return _written(value).date()


def has_time_of_day(value: object) -> bool:
    """True for a time that is not midnight; False for a date, midnight, or what cannot be read."""
    try:
        return _written(value).time() != datetime.min.time()
    except BadTime:
        return False


def _written(value: object) -> datetime:
    text = str(value).strip() if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else ""
    # by far the most usual way first
    moment = _iso(text) if text[4:5] == "-" else _since_epoch(text) or _iso(text) or _in_words(text)
    if moment is None or not _EARLIEST <= moment.year < _LATEST:
        raise BadTime(f"{str(value)[:60]!r} is not a time")
    return moment


def _since_epoch(text: str) -> datetime | None:
    found = _SINCE_EPOCH.fullmatch(text)
    if found is None:
        return None
    digits = found[1]
    per_second = 10 ** max(0, (len(digits) - 9) // 3 * 3)
    whole, part = divmod(int(digits), per_second)
    micros = part * 1_000_000 // per_second + (int(found[2][:6].ljust(6, "0")) if found[2] and per_second == 1 else 0)
    return _EPOCH + timedelta(seconds=whole, microseconds=micros)


def _iso(text: str) -> datetime | None:
    slashed = _SLASHED.fullmatch(text)
    if slashed:
        text = f"{slashed[1]}-{slashed[2]:0>2}-{slashed[3]:0>2}{slashed[4]}"
    try:
        return datetime.fromisoformat(text.removesuffix(" UTC") + "+00:00" if text.endswith(" UTC") else text)
    except ValueError:
        return None


def _in_words(text: str) -> datetime | None:
    for read in (_year_last, parsedate_to_datetime):
        try:
            return read(text)
        except (ValueError, IndexError, OverflowError):
            continue
    return None


def _year_last(text: str) -> datetime:
    return datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y")


def _utc(naive: datetime, zone: ZoneInfo | None) -> datetime:
    if zone is None:
        raise BadTime(f"{naive.isoformat(sep=' ')} has no time zone; --timezone says which one is meant")
    moment = naive.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != naive:
        raise BadTime(f"{naive.isoformat(sep=' ')} does not exist in {zone.key}: clocks were set forward")
    return moment
